#include "civil_time.h"

#include <chrono>

namespace sluice {
namespace {

constexpr const char* kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                   "May",       "June",     "July",     "August",
                                   "September", "October",  "November", "December"};

}  // namespace

CivilTime CivilTime::of(WallTime time) noexcept {
  using namespace std::chrono;
  const auto seconds_now = floor<seconds>(time);
  const auto day_now = floor<days>(seconds_now);
  const year_month_day date(day_now);
  const hh_mm_ss clock(seconds_now - day_now);
  return {.weekday = kWeekdays[std::chrono::weekday(day_now).c_encoding()],
          .month = kMonths[unsigned{date.month()} - 1],
          .year = int{date.year()},
          .day = unsigned{date.day()},
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count())};
}

}  // namespace sluice
