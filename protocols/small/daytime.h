// Daytime: sends the date and the time of day as a line of text.
//
//   Saturday, November 21, 2026 02:17:10-UTC\r\n
//   Sat Nov 21 02:17:10 2026\r\n
//
// What it is: over streams, one object for all connections. It sends the line and closes, and drops
// all input. Over UDP, a function for DatagramService. The line has the first of the two formats of
// the RFC, or that of ctime(3), which most inetds send. It is always in UTC and in English,
// whatever the time zone and the locale.
// Over UDP the answer may be longer than the request, which an attacker can use to amplify traffic:
// REQUIRES DatagramService with AnswerSize::any, and should be off by default.
// Lifetime: REQUIRES that a Daytime outlives its connections.
// Thread: any, as far as `clock` allows.
// Source: RFC 867.
#ifndef SLUICE_PROTOCOLS_SMALL_DAYTIME_H
#define SLUICE_PROTOCOLS_SMALL_DAYTIME_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "../udp/datagram_service.h"
#include "wall_clock.h"

namespace sluice {

enum class DaytimeFormat : std::uint8_t { rfc, ctime };

// The line for `now`, with CR LF, rounded down to a second.
SLUICE_EXPORT std::string daytime_line(WallTime now, DaytimeFormat format = DaytimeFormat::rfc);

class SLUICE_EXPORT Daytime final : public Protocol {
 public:
  // REQUIRES: `clock` is not empty.
  explicit Daytime(WallClock clock = std::chrono::system_clock::now,
                   DaytimeFormat format = DaytimeFormat::rfc);

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

 private:
  WallClock clock_;
  DaytimeFormat format_;
};

// Returns a DatagramAnswer that answers any request with the line. REQUIRES: `clock` is not empty.
SLUICE_EXPORT DatagramAnswer daytime_answer(WallClock clock = std::chrono::system_clock::now,
                                            DaytimeFormat format = DaytimeFormat::rfc);

}  // namespace sluice

#endif
