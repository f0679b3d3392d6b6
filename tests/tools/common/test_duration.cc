// Durations: every unit, both ends of the range, and each message for one that is wrong.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/common/duration.h"

using sluice::tools::parse_duration;
using sluice::tools::parse_some_time;
using sluice::tools::parse_timeout;
using sluice::tools::parse_wait;
using namespace std::chrono_literals;

namespace {

const std::string kSome = "; allowed: 1ms-365d in ms, s, m, h or d";
const std::string kAllowed = kSome + ", or 0";

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_duration("idle", text); }),
                 "idle \"" + text + "\" " + why + kAllowed);
}

}  // namespace

Test(duration, reads_every_unit) {
  cr_expect(parse_duration("idle", "500ms") == 500ms);
  cr_expect(parse_duration("idle", "30s") == 30s);
  cr_expect(parse_duration("idle", "5m") == 5min);
  cr_expect(parse_duration("idle", "2h") == 2h);
  cr_expect(parse_duration("idle", "1d") == 24h);
}

Test(duration, reads_zero_with_and_without_a_unit) {
  cr_expect(parse_duration("idle", "0") == 0ms);
  cr_expect(parse_duration("idle", "0s") == 0ms);
}

Test(duration, reads_up_to_a_year_in_every_unit) {
  cr_expect(parse_duration("idle", "365d") == sluice::tools::kMaxDuration);
  cr_expect(parse_duration("idle", "8760h") == sluice::tools::kMaxDuration);
  cr_expect(parse_duration("idle", "525600m") == sluice::tools::kMaxDuration);
  cr_expect(parse_duration("idle", "31536000s") == sluice::tools::kMaxDuration);
  cr_expect(parse_duration("idle", "31536000000ms") == sluice::tools::kMaxDuration);
}

Test(duration, refuses_more_than_a_year_and_wraps_nothing) {
  expect_refused("366d", "is too long");
  expect_refused("8761h", "is too long");
  expect_refused("31536000001ms", "is too long");
  expect_refused("18446744073709551617s", "is too long");
  expect_refused("213503982335d", "is too long");  // 2^64 ms and a little
}

Test(duration, refuses_a_number_without_a_unit) {
  expect_refused("30", "has no unit");
  expect_refused("00", "has no unit");
}

Test(duration, refuses_units_that_do_not_exist) {
  expect_refused("30x", "has the unknown unit \"x\"");
  expect_refused("30 s", "has the unknown unit \" s\"");
  expect_refused("1h30m", "has the unknown unit \"h30m\"");
  expect_refused("1.5s", "has the unknown unit \".5s\"");
  expect_refused("30S", "has the unknown unit \"S\"");
}

Test(duration, refuses_what_starts_with_no_number) {
  expect_refused("", "does not start with a decimal number");
  expect_refused("s", "does not start with a decimal number");
  expect_refused("-1s", "does not start with a decimal number");
  expect_refused("off", "does not start with a decimal number");
}

Test(duration, some_time_is_not_none) {
  cr_expect(parse_some_time("idle", "1ms") == 1ms);
  for (const std::string text : {"0", "0s", "0d"}) {
    expect_message(text, usage_error_of([&] { (void)parse_some_time("idle", text); }),
                   "idle \"" + text + "\" is zero" + kSome);
  }
  expect_message("30", usage_error_of([] { (void)parse_some_time("idle", "30"); }),
                 "idle \"30\" has no unit" + kSome);
}

Test(duration, a_wait_may_be_none_or_without_limit) {
  cr_expect(!parse_wait("idle", "off").has_value());
  cr_expect(parse_wait("idle", "0") == 0ms);
  cr_expect(parse_wait("idle", "30s") == 30s);
  expect_message("30", usage_error_of([] { (void)parse_wait("idle", "30"); }),
                 "idle \"30\" has no unit" + kAllowed + " or off");
}

Test(duration, a_timeout_may_be_off) {
  cr_expect(parse_timeout("idle", "off") == 0ms);
  cr_expect(parse_timeout("idle", "0") == 0ms);
  cr_expect(parse_timeout("idle", "30s") == 30s);
  expect_message("30", usage_error_of([] { (void)parse_timeout("idle", "30"); }),
                 "idle \"30\" has no unit" + kAllowed + " or off");
}
