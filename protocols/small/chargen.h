// Chargen: sends lines of printable characters as long as the peer reads them.
//
//    !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg
//   !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefgh
//
// What it is: over streams, one object for all connections, without state for each. It sends as
// fast as the peer reads, and drops all input. It continues after the peer half-closes, so that
// `nc host 19 </dev/null` receives lines, until the peer closes or resets the connection, or reads
// nothing for ConnectionOptions::write_timeout. Over UDP, a function for DatagramService, which
// answers each datagram with 0 to 512 characters. That amplifies a forged request up to 512 times:
// REQUIRES DatagramService with AnswerSize::any, and should be off by default.
// Memory: all connections share the lines. At most ConnectionOptions::high_water plus kRound bytes
// are queued for a connection; REQUIRES that queue_limit is at least that.
// Lifetime: REQUIRES that a Chargen outlives its connections. Thread: the loop's.
// Errors: the constructor may throw std::bad_alloc. Source: RFC 864.
#ifndef SLUICE_PROTOCOLS_SMALL_CHARGEN_H
#define SLUICE_PROTOCOLS_SMALL_CHARGEN_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"
#include "../../reactor/stream/protocol.h"
#include "../udp/datagram_service.h"

namespace sluice {

class SLUICE_EXPORT Chargen final : public Protocol {
 public:
  static constexpr std::size_t kCharacters =
      95;  // the printable characters of ASCII, from the space
  static constexpr std::size_t kLineLength = 72;  // without CR LF
  // The size of a round: the lines repeat after kCharacters lines.
  static constexpr std::size_t kRound = kCharacters * (kLineLength + 2);
  static constexpr std::size_t kMaxDatagram = 512;

  Chargen();

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_drain(Connection& connection) override;

 private:
  SLUICE_LOCAL void fill(Connection& connection) const;

  Payload round_;
};

// Returns a DatagramAnswer that answers any request with a varying number of characters.
SLUICE_EXPORT DatagramAnswer chargen_answer();

}  // namespace sluice

#endif
