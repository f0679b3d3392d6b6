// Daytime: the date and the time of day as a line of text.
//
//   Saturday, November 21, 2026 02:17:10-UTC\r\n
//
// What it is: over streams one object that all connections share; it sends the line and closes,
// and what the peer sends is dropped. Over UDP a function for DatagramService. The form is the
// first of the two that the RFC proposes. Always UTC and English: neither the time zone nor the
// locale of the process matters.
// Over UDP the answer is longer than an empty request, so a forged source makes it a small
// amplifier: REQUIRES AnswerSize::any of DatagramService, and ought to be off unless asked for.
// Lifetime: REQUIRES that a Daytime outlives its connections. Thread: none of its own.
// Source: RFC 867.
#ifndef SLUICE_PROTOCOLS_SMALL_DAYTIME_H
#define SLUICE_PROTOCOLS_SMALL_DAYTIME_H

#include <cstddef>
#include <span>
#include <string>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "../udp/datagram_service.h"
#include "wall_clock.h"

namespace sluice {

// The line for that moment, with its CR LF; fractions of a second are left out.
SLUICE_EXPORT std::string daytime_line(WallTime now);

class SLUICE_EXPORT Daytime final : public Protocol {
 public:
  // REQUIRES: `clock` is not empty.
  explicit Daytime(WallClock clock = std::chrono::system_clock::now);

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

 private:
  WallClock clock_;
};

// Whatever the request was, the line. REQUIRES: `clock` is not empty.
SLUICE_EXPORT DatagramAnswer daytime_answer(WallClock clock = std::chrono::system_clock::now);

}  // namespace sluice

#endif
