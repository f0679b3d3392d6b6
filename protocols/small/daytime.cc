#include "daytime.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <utility>

#include "../../reactor/stream/connection.h"
#include "civil_time.h"

namespace sluice {

std::string daytime_line(WallTime now, DaytimeFormat format) {
  const CivilTime time = CivilTime::of(now);
  std::array<char, 80> text{};  // the longest line has 47 bytes
  const int length =
      format == DaytimeFormat::ctime
          ? std::snprintf(text.data(), text.size(), "%.3s %.3s %2u %02d:%02d:%02d %d\r\n",
                          time.weekday, time.month, time.day, time.hour, time.minute, time.second,
                          time.year)
          : std::snprintf(text.data(), text.size(), "%s, %s %u, %d %02d:%02d:%02d-UTC\r\n",
                          time.weekday, time.month, time.day, time.year, time.hour, time.minute,
                          time.second);
  assert(length > 0 && static_cast<std::size_t>(length) < text.size());
  return {text.data(), static_cast<std::size_t>(length)};
}

Daytime::Daytime(WallClock clock, DaytimeFormat format)
    : clock_(std::move(clock)), format_(format) {
  assert(clock_);
}

void Daytime::on_open(Connection& connection) {
  connection.send(daytime_line(clock_(), format_));
  connection.close();
}

std::size_t Daytime::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

DatagramAnswer daytime_answer(WallClock clock, DaytimeFormat format) {
  assert(clock);
  return [clock = std::move(clock), format](
             std::span<const std::byte> /*request*/,
             std::span<std::byte> buffer) -> std::span<const std::byte> {
    const std::string line = daytime_line(clock(), format);
    const auto bytes = std::as_bytes(std::span(line)).first(std::min(line.size(), buffer.size()));
    std::ranges::copy(bytes, buffer.begin());
    return buffer.first(bytes.size());
  };
}

}  // namespace sluice
