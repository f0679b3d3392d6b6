// Discard: drops all input, and counts it.
//
// What it is: one object for all connections of a loop. It sends nothing, and closes when the peer
// half-closes. Over UDP, use a DatagramService with an empty answer.
// Lifetime: REQUIRES that a Discard outlives its connections. Thread: the loop's.
// Source: RFC 863.
#ifndef SLUICE_PROTOCOLS_SMALL_DISCARD_H
#define SLUICE_PROTOCOLS_SMALL_DISCARD_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

class SLUICE_EXPORT Discard final : public Protocol {
 public:
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;

  // The number of bytes dropped, from all connections.
  [[nodiscard]] std::uint64_t discarded() const noexcept { return discarded_; }

 private:
  std::uint64_t discarded_ = 0;
};

}  // namespace sluice

#endif
