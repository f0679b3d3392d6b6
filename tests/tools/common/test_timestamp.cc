// A time of day in UTC.
#include <chrono>

#include <criterion/criterion.h>

#include "tools/common/timestamp.h"

using sluice::tools::timestamp;
using sluice::tools::utc_date;
using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

Test(timestamp, is_utc_with_milliseconds) {
  cr_expect(timestamp(Time()) == "1970-01-01T00:00:00.000Z");
  cr_expect(timestamp(Time(1'763'691'430'007ms)) == "2025-11-21T02:17:10.007Z");
}

Test(timestamp, before_1970_the_milliseconds_count_forwards_too) {
  cr_expect(timestamp(Time(-1ms)) == "1969-12-31T23:59:59.999Z");
}

Test(timestamp, what_is_less_than_a_millisecond_is_left_out) {
  cr_expect(timestamp(Time(1'999us)) == "1970-01-01T00:00:00.001Z");
}

Test(timestamp, a_date_is_utc_and_has_a_place_for_years_that_no_calendar_has) {
  cr_expect(utc_date(Time()) == "1970-01-01");
  cr_expect(utc_date(Time(1'763'769'599'999ms)) == "2025-11-21");
  cr_expect(utc_date(Time(1'763'769'600'000ms)) == "2025-11-22");
}
