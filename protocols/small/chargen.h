// Chargen: lines of printable characters, for as long as somebody takes them.
//
//    !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg
//   !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefgh
//
// What it is: over streams one object that all connections share, without memory of any of them. It
// sends as fast as the peer takes, and drops what the peer sends. It goes on after the peer's
// half-close, which says only that the peer has nothing to say: `nc host 19 </dev/null` gets its
// lines. It ends with the connection: the peer closes, resets, or takes nothing for
// ConnectionOptions::write_timeout. Over UDP a function for DatagramService: each datagram is
// answered by 0 to 512 characters. That multiplies what a forger sends by up to 512: REQUIRES
// AnswerSize::any of DatagramService, and ought to be off unless asked for.
// Memory: the lines are held once; what waits is at most ConnectionOptions::high_water plus one
// round of them (kRound), and REQUIRES that queue_limit leaves room for that.
// Lifetime: REQUIRES that a Chargen outlives its connections. Thread: none of its own.
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
  static constexpr std::size_t kCharacters = 95;  // the printable ones of ASCII, from the space
  static constexpr std::size_t kLineLength = 72;  // without its CR LF
  // After as many lines as there are characters the first line comes again.
  static constexpr std::size_t kRound = kCharacters * (kLineLength + 2);
  static constexpr std::size_t kMaxDatagram = 512;

  Chargen();

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;

 private:
  void fill(Connection& connection) const;

  Payload round_;
};

// A DatagramAnswer: some number of characters, the first ones of a round, whatever the request was.
SLUICE_EXPORT DatagramAnswer chargen_answer();

}  // namespace sluice

#endif
