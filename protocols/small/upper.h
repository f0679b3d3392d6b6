// Upper: sends all input back with the letters a to z in upper case.
//
// What it is: over streams, one object for all connections, without state for each. It changes no
// other byte, whatever the locale, so UTF-8 stays valid. When the peer half-closes, it closes after
// it has sent everything back. Over UDP, a function for DatagramService.
// Memory: at most ConnectionOptions::high_water plus one read is queued for a connection.
// Lifetime: REQUIRES that an Upper outlives its connections. Thread: any.
#ifndef SLUICE_PROTOCOLS_SMALL_UPPER_H
#define SLUICE_PROTOCOLS_SMALL_UPPER_H

#include <cstddef>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

// Writes `in` to `out` with the letters a to z in upper case.
// REQUIRES: out.size() >= in.size(); the two are the same memory or do not overlap.
SLUICE_EXPORT void to_upper_ascii(std::span<const std::byte> in, std::span<std::byte> out) noexcept;

class SLUICE_EXPORT Upper final : public Protocol {
 public:
  // The size of the buffer on the stack; a longer input is sent in several pieces.
  static constexpr std::size_t kMaxPiece = 16 * 1024;

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
};

// A DatagramAnswer: writes the request to `buffer` in upper case, at most buffer.size() bytes.
SLUICE_EXPORT std::span<const std::byte> upper_answer(std::span<const std::byte> request,
                                                      std::span<std::byte> buffer);

}  // namespace sluice

#endif
