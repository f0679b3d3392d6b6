#include "daytime.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <utility>

#include "../../reactor/stream/connection.h"

namespace sluice {
namespace {

constexpr std::array kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                  "Thursday", "Friday", "Saturday"};
constexpr std::array kMonths = {"January",   "February", "March",    "April",
                                "May",       "June",     "July",     "August",
                                "September", "October",  "November", "December"};

}  // namespace

std::string daytime_line(WallTime now) {
  // Not gmtime() and strftime(): gmtime() uses a static buffer, and strftime() uses the locale.
  using namespace std::chrono;
  const auto seconds_now = floor<seconds>(now);
  const auto day_now = floor<days>(seconds_now);
  const year_month_day date(day_now);
  const hh_mm_ss time(seconds_now - day_now);
  std::array<char, 80> text{};  // the longest line has 47 bytes
  const int length = std::snprintf(
      text.data(), text.size(), "%s, %s %u, %d %02d:%02d:%02d-UTC\r\n",
      kWeekdays.at(weekday(day_now).c_encoding()), kMonths.at(unsigned{date.month()} - 1),
      unsigned{date.day()}, int{date.year()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  assert(length > 0 && static_cast<std::size_t>(length) < text.size());
  return {text.data(), static_cast<std::size_t>(length)};
}

Daytime::Daytime(WallClock clock) : clock_(std::move(clock)) { assert(clock_); }

void Daytime::on_open(Connection& connection) {
  connection.send(daytime_line(clock_()));
  connection.close();
}

std::size_t Daytime::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

DatagramAnswer daytime_answer(WallClock clock) {
  assert(clock);
  return [clock = std::move(clock)](std::span<const std::byte> /*request*/,
                                    std::span<std::byte> buffer) -> std::span<const std::byte> {
    const std::string line = daytime_line(clock());
    const auto bytes = std::as_bytes(std::span(line)).first(std::min(line.size(), buffer.size()));
    std::ranges::copy(bytes, buffer.begin());
    return buffer.first(bytes.size());
  };
}

}  // namespace sluice
