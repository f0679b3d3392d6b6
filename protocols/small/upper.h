// Upper: what arrives is sent back with a–z as A–Z.
//
// What it is: over streams one object that all connections share, without memory of any of them.
// Every other byte goes back as it came, whatever the locale, so UTF-8 passes unharmed. The peer's
// half-close ends the connection once everything has gone back. Over UDP a function for
// DatagramService.
// Memory: what a peer does not take back is bounded by ConnectionOptions::high_water plus one read.
// Lifetime: REQUIRES that an Upper outlives its connections. Thread: none of its own.
#ifndef SLUICE_PROTOCOLS_SMALL_UPPER_H
#define SLUICE_PROTOCOLS_SMALL_UPPER_H

#include <cstddef>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

// Writes `in` to `out` with a–z as A–Z. REQUIRES: out.size() >= in.size(); the two are the same
// bytes or do not overlap.
SLUICE_EXPORT void to_upper_ascii(std::span<const std::byte> in, std::span<std::byte> out) noexcept;

class SLUICE_EXPORT Upper final : public Protocol {
 public:
  // On the stack while it works: what is longer is sent in several pieces.
  static constexpr std::size_t kPiece = 16 * 1024;

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
};

// A DatagramAnswer: the request in upper case, written into `room`. What `room` cannot hold is cut.
SLUICE_EXPORT std::span<const std::byte> upper_answer(std::span<const std::byte> request,
                                                      std::span<std::byte> room);

}  // namespace sluice

#endif
