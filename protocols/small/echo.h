// Echo: what arrives is sent back.
//
// What it is: over streams one object that all connections share, without memory of any of them.
// The peer's half-close ends the connection once everything has gone back. Over UDP a function
// for DatagramService: a datagram goes back as it came, an empty one too.
// Memory: what a peer does not take back is bounded by ConnectionOptions::high_water plus one read.
// Lifetime: REQUIRES that an Echo outlives its connections. Thread: none of its own.
// Source: RFC 862.
#ifndef SLUICE_PROTOCOLS_SMALL_ECHO_H
#define SLUICE_PROTOCOLS_SMALL_ECHO_H

#include <cstddef>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

class SLUICE_EXPORT Echo final : public Protocol {
 public:
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
};

// A DatagramAnswer: the request itself.
SLUICE_EXPORT std::span<const std::byte> echo_answer(std::span<const std::byte> request,
                                                     std::span<std::byte> room);

}  // namespace sluice

#endif
