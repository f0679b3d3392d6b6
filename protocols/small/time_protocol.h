// Time: sends the seconds since 1900-01-01 00:00:00 UTC as a 32-bit number, most significant byte
// first.
//
// What it is: over streams, one object for all connections. It sends the four bytes and closes, and
// drops all input. Over UDP, a function for DatagramService.
// The number wraps to 0 after 2036-02-07 06:28:15 UTC, and clients must allow for that.
// Over UDP the answer may be longer than the request: REQUIRES DatagramService with
// AnswerSize::any, and should be off by default.
// Lifetime: REQUIRES that a TimeProtocol outlives its connections.
// Thread: any, as far as `clock` allows.
// Source: RFC 868.
#ifndef SLUICE_PROTOCOLS_SMALL_TIME_PROTOCOL_H
#define SLUICE_PROTOCOLS_SMALL_TIME_PROTOCOL_H

#include <array>
#include <cstddef>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "../udp/datagram_service.h"
#include "wall_clock.h"

namespace sluice {

// The four bytes as they are sent, for `now` rounded down to a second.
SLUICE_EXPORT std::array<std::byte, 4> time_protocol_bytes(WallTime now) noexcept;

class SLUICE_EXPORT TimeProtocol final : public Protocol {
 public:
  // REQUIRES: `clock` is not empty.
  explicit TimeProtocol(WallClock clock = std::chrono::system_clock::now);

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

 private:
  WallClock clock_;
};

// Returns a DatagramAnswer that answers any request with the four bytes.
// REQUIRES: `clock` is not empty.
SLUICE_EXPORT DatagramAnswer time_protocol_answer(WallClock clock = std::chrono::system_clock::now);

}  // namespace sluice

#endif
