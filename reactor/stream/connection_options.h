// The limits and timeouts of connections. Each limit of a buffer has a name here.
//
// Units: milliseconds and bytes.
// Values out of range: a timeout of 0 or less means never, and one above IdleList::kMaxTimeout (20
// days) counts as kMaxTimeout. A max_read of 0 or above Loop::kReadBufferSize counts as
// kReadBufferSize, and a queue_limit below high_water as high_water. Other sizes of 0 are limits
// like any other: with high_water 0 the connection does not read while output is pending, with
// queue_limit 0 (and high_water 0) every send() exceeds the limit, and with input_limit 0 a handler
// must consume all input.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_OPTIONS_H
#define SLUICE_REACTOR_STREAM_CONNECTION_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "transport.h"

namespace sluice {

// What to do with a send() that would make the queue larger than queue_limit.
enum class OverflowPolicy : std::uint8_t {
  close,       // the connection is aborted (CloseReason::queue_limit)
  drop_newest  // the whole send is dropped and counted (Counters::dropped_bytes)
};

struct ConnectionOptions {
  // Closes a connection after this time without a byte in either direction.
  std::chrono::milliseconds idle_timeout{0};
  // Closes a connection if a message is not complete this long after its first byte. A message is
  // complete when its handler has consumed it, or has said so (Connection::note_messages). So a
  // peer that sends a byte now and then does not hold a connection forever. The time does not run
  // while the connection is paused.
  std::chrono::milliseconds message_timeout{0};
  // Closes a connection if its first message is not complete this long after on_open(). Until then
  // message_timeout does not apply.
  std::chrono::milliseconds first_message_timeout{0};
  // Bytes a second. For each min_rate unconsumed bytes of a message, message_timeout is a second
  // longer, so that a large message may take longer if it arrives at this rate. 0: no extension.
  std::size_t min_rate = 0;
  // Aborts a connection whose peer has read none of its pending output for this time.
  std::chrono::milliseconds write_timeout{60'000};
  // Closes a connection whose transport has not finished its handshake after this time
  // (CloseReason::open_timeout).
  std::chrono::milliseconds open_timeout{10'000};
  // After close() has sent the queue: how long the peer may continue to send before the descriptor
  // is closed anyway. Its bytes are read and dropped. Closing with unread input would reset the
  // connection, and a reset destroys bytes that the peer has not read yet.
  std::chrono::milliseconds linger_timeout{2'000};

  // If more than this is pending, the connection stops reading its peer until half of it is left.
  std::size_t high_water = 256 * 1024;
  // Reads the peer also above high_water; on_writable() still runs. For handlers that send without
  // being asked: if both ends stopped reading, each would wait for the other forever.
  bool keep_reading = false;
  // The maximum size of the queue.
  std::size_t queue_limit = 16 * 1024 * 1024;
  OverflowPolicy overflow = OverflowPolicy::close;
  // The maximum size of one read; Loop::kReadBufferSize if that is less. The unconsumed part of a
  // read is stored, so use a small value for a service that lets peers wait.
  std::size_t max_read = 256 * 1024;
  // The maximum of unconsumed input. If a handler leaves more, the connection is aborted
  // (CloseReason::input_limit).
  std::size_t input_limit = 1024 * 1024;

  // Makes the transport of each connection. If it is empty, connections use plain sockets.
  TransportFactory transport{};

  [[nodiscard]] std::size_t low_water() const noexcept { return high_water / 2; }
};

}  // namespace sluice

#endif
