// Joins two connections: what one receives, the other sends, both ways, until both have ended.
//
// What it is: the handler that every proxy needs, as one call. It replaces the handlers of both
// connections, without an on_close(). What the old handlers have not consumed, or leave in the
// on_data() that makes the call, is passed on first.
// How: bulk between two plain sockets is moved by the kernel on Linux (splice(2)). Everything else
// (short messages, transports, memory, other systems) is written from the loop's read buffer, and
// only what the system does not accept is copied, into the queue.
// Backpressure: while more than its high_water is queued for one connection, or its socket accepts
// no more of what the kernel moves, the other one is not read. The other direction goes on. A queue
// passes high_water by one read (max_read); queue_limit and overflow do not count.
// Ends: the end of one stream is passed on when everything before it has been, and the other
// direction goes on. A connection that closes in order closes the other one, which first sends its
// queue. One that fails (a reset, a timeout, a deadline) aborts the other one, so that a stream
// that was cut short does not look complete.
// Limits and timeouts: the connections keep their ConnectionOptions, and count for their listeners
// as before. A relay has no messages, so message_timeout and first_message_timeout end.
// Drain: a relay holds both connections (Connection::hold()). So a drain waits until it has ended,
// or until its deadline.
// Lifetime: the two connections own it. Do not call set_protocol() on them any more.
// Thread: the loop's. Errors: throws std::bad_alloc, and then changes nothing.
// Source: splice(2); RFC 9293, section 3.6, for half-closed connections.
#ifndef SLUICE_REACTOR_RELAY_RELAY_H
#define SLUICE_REACTOR_RELAY_RELAY_H

#include <cstdint>
#include <functional>
#include <system_error>

#include "../base/export.h"

namespace sluice {

class Connection;

struct RelayResult {
  std::uint64_t a_to_b = 0;  // bytes that `a` received, and that were passed on to `b`
  std::uint64_t b_to_a = 0;
  std::error_code a;  // why each has closed, as on_close() gets it
  std::error_code b;
};

using RelayDone = std::function<void(const RelayResult& result)>;

// Runs `done`, if it is not empty, in the on_close() of the connection that closes last. A
// connection that is paused stays so until its owner calls resume(). One that has closed already
// ends the other one.
// REQUIRES: two different connections of one loop, in whose on_close() the call is not made.
SLUICE_EXPORT void relay(Connection& a, Connection& b, RelayDone done = {});

}  // namespace sluice

#endif
