// A rate: 10/1, or off.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/settings/rate_key.h"

using namespace sluice::tools::daemon;

namespace {

constexpr RateKey kRate({.name = "rate", .form = "LINES/SECONDS", .summary = ""},
                        {.counted = "lines", .max_count = 100, .max_seconds = 60}, {10, 1});

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)kRate.read(text); }), why);
}

}  // namespace

Test(rate_key, reads_and_writes_a_rate) {
  cr_expect(kRate.read("5/30") == Value(Rate{5, 30}));
  cr_expect(kRate.write(Rate{5, 30}) == "5/30");
  cr_expect(kRate.fallback() == Value(Rate{10, 1}));
  cr_expect(kRate.allowed() == "1/1-100/60, or off");
}

Test(rate_key, reads_and_writes_off) {
  cr_expect(kRate.read("off") == Value(Rate{}));
  cr_expect(Rate{}.is_off());
  cr_expect(kRate.write(Rate{}) == "off");
}

Test(rate_key, names_the_part_that_is_wrong) {
  expect_refused("10", "rate \"10\" is not LINES/SECONDS, such as 10/1, or off");
  expect_refused("0/1", "rate's lines 0 is not in 1-100");
  expect_refused("101/1", "rate's lines 101 is not in 1-100");
  expect_refused("10/", "rate's seconds \"\" is not a decimal number in 1-60");
  expect_refused("10/61", "rate's seconds 61 is not in 1-60");
  expect_refused("1/2/3", "rate's seconds \"2/3\" is not a decimal number in 1-60");
}
