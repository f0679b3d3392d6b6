// Time: the seconds since 1900-01-01 00:00:00 UTC as a 32-bit number, most significant byte first.
//
// What it is: over streams one object that all connections share; it sends the four bytes and
// closes, and what the peer sends is dropped. Over UDP a function for DatagramService.
// The number wraps: after 2036-02-07 06:28:15 UTC it starts at 0 again, as every client of a
// 32-bit count must know for itself.
// Over UDP the answer is longer than an empty request: REQUIRES AnswerSize::any of
// DatagramService, and ought to be off unless asked for.
// Lifetime: REQUIRES that a TimeProtocol outlives its connections. Thread: none of its own.
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

// As they go over the wire; fractions of a second are left out.
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

// Whatever the request was, the four bytes. REQUIRES: `clock` is not empty.
SLUICE_EXPORT DatagramAnswer time_protocol_answer(WallClock clock = std::chrono::system_clock::now);

}  // namespace sluice

#endif
