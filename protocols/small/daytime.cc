#include "daytime.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <utility>

#include "../../reactor/stream/connection.h"
#include "civil_time.h"

namespace sluice {

std::string daytime_line(WallTime now) {
  const CivilTime time = CivilTime::of(now);
  std::array<char, 80> text{};  // the longest line has 47 bytes
  const int length =
      std::snprintf(text.data(), text.size(), "%s, %s %u, %d %02d:%02d:%02d-UTC\r\n", time.weekday,
                    time.month, time.day, time.year, time.hour, time.minute, time.second);
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
