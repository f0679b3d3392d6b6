// Echo: sends all input back.
//
// What it is: over streams, one object for all connections, without state for each. When the peer
// half-closes, it closes after it has sent everything back. Over UDP, a function for
// DatagramService, which also answers empty datagrams.
// Memory: at most ConnectionOptions::high_water plus one read is queued for a connection.
// Lifetime: REQUIRES that an Echo outlives its connections. Thread: any.
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

// A DatagramAnswer: returns the request.
SLUICE_EXPORT std::span<const std::byte> echo_answer(std::span<const std::byte> request,
                                                     std::span<std::byte> buffer);

}  // namespace sluice

#endif
