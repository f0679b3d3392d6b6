// Counts and modes of the command line: nothing wraps around, nothing is half read.
#include <cstdint>
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/common/number.h"

using sluice::tools::parse_count;
using sluice::tools::parse_mode;
using sluice::tools::parse_size;

Test(number, reads_counts_in_their_whole_range) {
  cr_expect(parse_count("max", "1") == 1);
  cr_expect(parse_count("max", "0001000") == 1000);
  cr_expect(parse_count("max", "4294967295") == 4'294'967'295U);
}

Test(number, refuses_what_is_no_count) {
  for (const std::string text : {"-1", "+1", " 1", "1 ", "1k", "0x10", "", "1.0"}) {
    expect_message(text, usage_error_of([&] { (void)parse_count("max", text); }),
                   "max \"" + text + "\" is not a decimal number in 1-4294967295");
  }
}

Test(number, does_not_deny_that_a_number_out_of_range_is_one) {
  for (const std::string text : {"0", "4294967296", "18446744073709551617"}) {
    expect_message(text, usage_error_of([&] { (void)parse_count("max", text); }),
                   "max " + text + " is not in 1-4294967295");
  }
  for (const std::string text : {"1000", "4755"}) {
    expect_message(text, usage_error_of([&] { (void)parse_mode("mode", text); }),
                   "mode " + text + " is not in 0-0777");
  }
}

Test(number, reads_sizes_with_and_without_a_unit) {
  cr_expect(parse_size("size", "1M") == 1'048'576);
  cr_expect(parse_size("size", "1048576") == 1'048'576);
  cr_expect(parse_size("size", "2048K") == 2'097'152);
  cr_expect(parse_size("size", "3G") == 3'221'225'472U);
  cr_expect(parse_size("size", "1024T") == std::uint64_t{1} << 50U);
}

Test(number, refuses_what_is_no_size) {
  for (const std::string text : {"", "M", "0", "1023K", "1025T", "64m", "64MB", "-1M", "1.5G",
                                 "18446744073709551616T", "1 M"}) {
    expect_message(text, usage_error_of([&] { (void)parse_size("size", text); }),
                   "size \"" + text + "\" is not a size from 1M to 1024T, such as 64M");
  }
}

Test(number, writes_sizes_as_they_are_read) {
  for (const std::string text : {"1M", "1025K", "64M", "3G", "1048577"}) {
    cr_expect(sluice::tools::write_size(parse_size("size", text)) == text, "%s", text.c_str());
  }
}

Test(number, reads_modes_as_octal) {
  cr_expect(parse_mode("mode", "0660") == 0660);
  cr_expect(parse_mode("mode", "777") == 0777);
  cr_expect(parse_mode("mode", "0") == 0);
}

Test(number, refuses_what_is_no_mode) {
  for (const std::string text : {"8", "0o660", "rw-", "", "-1"}) {
    expect_message(text, usage_error_of([&] { (void)parse_mode("mode", text); }),
                   "mode \"" + text + "\" is not an octal number in 0-0777");
  }
}
