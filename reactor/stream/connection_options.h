// The limits and timeouts of connections. Every buffer has one of these names for its bound.
//
// Units: milliseconds and bytes. A timeout of 0 means never.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_OPTIONS_H
#define SLUICE_REACTOR_STREAM_CONNECTION_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "transport.h"

namespace sluice {

// What happens to a send() that would take the queue above queue_limit.
enum class OverflowPolicy : std::uint8_t {
  close,       // the connection is aborted (CloseReason::queue_limit)
  drop_newest  // the send is dropped whole and counted (Counters::dropped_bytes)
};

struct ConnectionOptions {
  // Closed when no byte went either way for this long.
  std::chrono::milliseconds idle_timeout{0};
  // Aborted when something waits to be written and the peer took none of it for this long.
  std::chrono::milliseconds write_timeout{60'000};
  // Closed when a transport's handshake is not done after this long (CloseReason::open_timeout).
  std::chrono::milliseconds open_timeout{10'000};
  // After close() has flushed: how long the peer may go on sending before the descriptor is closed
  // all the same. What it sends is read and dropped: to close over unread bytes would reset the
  // connection, and a reset destroys what the peer has not read yet.
  std::chrono::milliseconds linger_timeout{2'000};

  // More than this waiting to be written stops the reading of the same peer, until it is half.
  std::size_t high_water = 256 * 1024;
  // The peer is read also above high_water; on_writable() runs as ever. For who sends on its own
  // account, not in answer: were both ends to stop reading, each would wait for the other for ever.
  bool keep_reading = false;
  // More than this is never held, whoever sends. REQUIRES: queue_limit >= high_water.
  std::size_t queue_limit = 16 * 1024 * 1024;
  OverflowPolicy overflow = OverflowPolicy::close;
  // One read takes no more: Loop::kReadBufferSize, or this where it is less. What a handler does
  // not consume of a read is held for it, so a service that lets peers wait wants it small.
  // REQUIRES: > 0.
  std::size_t max_read = 256 * 1024;
  // More than this is never held unconsumed; a handler that needs more at once never gets it, and
  // the connection is aborted (CloseReason::input_limit).
  std::size_t input_limit = 1024 * 1024;

  // Makes the transport of each connection; without it, connections are on plain sockets.
  TransportFactory transport{};

  [[nodiscard]] std::size_t low_water() const noexcept { return high_water / 2; }
};

}  // namespace sluice

#endif
