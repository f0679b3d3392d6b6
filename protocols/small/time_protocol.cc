#include "time_protocol.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

#include "../../reactor/stream/connection.h"

namespace sluice {
namespace {

// The seconds from 1900 to 1970, which had seventeen leap years (RFC 868 has the same number).
constexpr std::int64_t kUnixEpoch = 2'208'988'800;

}  // namespace

std::array<std::byte, 4> time_protocol_bytes(WallTime now) noexcept {
  using std::chrono::floor, std::chrono::seconds;
  const std::int64_t since_1970 = floor<seconds>(now).time_since_epoch().count();
  const auto number = static_cast<std::uint32_t>(since_1970 + kUnixEpoch);  // modulo 2^32
  return {static_cast<std::byte>(number >> 24), static_cast<std::byte>(number >> 16),
          static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
}

TimeProtocol::TimeProtocol(WallClock clock) : clock_(std::move(clock)) { assert(clock_); }

void TimeProtocol::on_open(Connection& connection) {
  connection.send(time_protocol_bytes(clock_()));
  connection.close();
}

std::size_t TimeProtocol::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  return in.size();
}

DatagramAnswer time_protocol_answer(WallClock clock) {
  assert(clock);
  return [clock = std::move(clock)](std::span<const std::byte> /*request*/,
                                    std::span<std::byte> buffer) -> std::span<const std::byte> {
    const auto bytes = time_protocol_bytes(clock());
    const std::size_t count = std::min(bytes.size(), buffer.size());
    std::copy_n(bytes.begin(), count, buffer.begin());
    return buffer.first(count);
  };
}

}  // namespace sluice
