// Discard: what arrives is counted and dropped.
//
// What it is: one object that all connections share. Nothing is ever sent; the peer's half-close
// ends the connection. Over UDP it is a DatagramService without an answer.
// Lifetime: REQUIRES that a Discard outlives its connections. Thread: one loop's.
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

  // Bytes that were dropped, over all its connections.
  [[nodiscard]] std::uint64_t discarded() const noexcept { return discarded_; }

 private:
  std::uint64_t discarded_ = 0;
};

}  // namespace sluice

#endif
