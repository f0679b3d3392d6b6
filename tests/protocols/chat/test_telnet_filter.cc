// The filter removes telnet commands, however they are split, and no text.
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include <sluice/telnet_filter.h>

using sluice::TelnetFilter;
using namespace std::string_view_literals;

namespace {

std::string filtered(TelnetFilter& filter, std::string_view in) {
  std::string text;
  for (const char c : in) {
    if (filter.pass(static_cast<std::byte>(c))) text += c;
  }
  return text;
}

std::string filtered(std::string_view in) {
  TelnetFilter filter;
  return filtered(filter, in);
}

}  // namespace

Test(telnet_filter, keeps_all_bytes_outside_of_commands) {
  for (int value = 0; value < 255; ++value) {
    const std::string one(1, static_cast<char>(value));
    cr_expect(filtered(one) == one);
  }
}

Test(telnet_filter, keeps_one_byte_of_a_doubled_iac) {
  cr_expect(filtered("a\xff\xff"
                     "b"sv) ==
            "a\xff"
            "b");
}

Test(telnet_filter, removes_commands_of_two_bytes) {
  for (int command = 240; command < 250; ++command) {
    cr_expect(filtered(std::string("a\xff") + static_cast<char>(command) + "b") == "ab");
  }
}

Test(telnet_filter, removes_negotiation_with_any_option) {
  for (int command = 251; command < 255; ++command) {
    for (int option = 0; option < 256; ++option) {
      const std::string in =
          std::string("a\xff") + static_cast<char>(command) + static_cast<char>(option) + "b";
      cr_expect(filtered(in) == "ab", "%d %d", command, option);
    }
  }
}

Test(telnet_filter, removes_parameters_to_their_end) {
  // A window of 80 by 10: the rows are a line feed.
  cr_expect(filtered("a\xff\xfa\x1f\0\x50\0\n\xff\xf0"
                     "b"sv) == "ab");
  cr_expect(filtered("a\xff\xfa\x18 x\xff\xff y\xff\xf0"
                     "b"sv) == "ab");
  cr_expect(filtered("a\xff\xfa\x18 x\xff\xfb y\xff\xf0"
                     "b"sv) == "ab");
}

Test(telnet_filter, is_idle_only_between_commands) {
  TelnetFilter filter;
  cr_expect(filter.is_idle());
  for (const char c : "\xff\xfa\x18 x\xff"sv) {
    cr_expect(!filter.pass(static_cast<std::byte>(c)));
    cr_expect(!filter.is_idle());
  }
  cr_expect(!filter.pass(std::byte{0xf0}));
  cr_expect(filter.is_idle());
}

Test(telnet_filter, keeps_the_text_after_a_stray_iac) {
  cr_expect(filtered("caf\xff\nnext"sv) == "caf\nnext");
}
