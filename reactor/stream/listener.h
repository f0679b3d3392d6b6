// A listening socket that makes newcomers into connections.
//
// What it is: bind, listen, and accept in limited batches. For TCP over IPv4 and IPv6, Unix stream
// sockets, and inherited listening descriptors.
// Lifetime: must be destroyed before its loop. Its factory and any callback may destroy it. The
// destructor stops listening and removes the file of a Unix socket; the connections remain, and the
// loop owns them.
// Thread: the loop's.
// Errors: the constructors throw std::system_error that names the call and the endpoint: EADDRINUSE
// (also for a Unix socket on which a process listens), EADDRNOTAVAIL, EACCES, EAFNOSUPPORT, EMFILE,
// EEXIST (a file at a Unix path that is not a socket), and the other errors of socket(), bind() and
// listen(). At run time no error stops it. A newcomer that has disconnected
// (ECONNABORTED and similar errors) is skipped. Without descriptors (EMFILE, ENFILE) the newcomer
// is accepted on a spare descriptor and closed. Then, and with ENOBUFS and ENOMEM, accepting pauses
// with a growing back-off, is reported at most once a second, and continues later.
// Source: POSIX.1-2017 accept(), listen(); accept(2).
#ifndef SLUICE_REACTOR_STREAM_LISTENER_H
#define SLUICE_REACTOR_STREAM_LISTENER_H

#include <chrono>
#include <cstddef>
#include <memory>

#include "../base/endpoint.h"
#include "../base/export.h"
#include "../base/fd.h"
#include "../loop/loop.h"
#include "listener_counters.h"
#include "listener_options.h"
#include "protocol.h"

namespace sluice {

class SLUICE_EXPORT Listener {
 public:
  // Each connection has its own handler, which `factory` makes.
  Listener(Loop& loop, const Endpoint& endpoint, ProtocolFactory factory,
           const ListenerOptions& options = {});
  // All connections share `protocol`. REQUIRES: it outlives them, so declare it before the loop.
  Listener(Loop& loop, const Endpoint& endpoint, Protocol& protocol,
           const ListenerOptions& options = {});
  // On a descriptor that listens already. Throws EINVAL if it is not a listening stream socket.
  Listener(Loop& loop, Fd listening, ProtocolFactory factory, const ListenerOptions& options = {});
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // The endpoint with the real port, if the constructor got port 0.
  [[nodiscard]] const Endpoint& endpoint() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;  // open now
  [[nodiscard]] const ListenerCounters& counters() const noexcept;
  // The listening socket, for its options (SO_RCVBUF, which connections inherit, TCP_FASTOPEN). -1
  // when closed. REQUIRES: the program does not accept from it, shut it down or close it.
  [[nodiscard]] int native_handle() const noexcept;
  // Stops listening; the connections remain. Removes the file of a Unix socket. May be called
  // again.
  void close() noexcept;
  // Leaves newcomers in the backlog until resume(). Calls are not counted.
  void pause() noexcept;
  void resume() noexcept;

  // Ends this service in order while the rest of the loop goes on: stops listening, delivers to
  // each of its connections the input that had arrived, sends its queue and closes it. `done` runs
  // once, at the end of the turn in which the last of them has been freed. At `deadline` the rest
  // is closed first (CloseReason::drain_deadline). Newcomers that have not been accepted yet are
  // reset.
  // Legal anywhere, also in a connection's callback. A second call can only shorten the deadline.
  // `done` may destroy the listener, and usually does. If the listener is destroyed earlier, `done`
  // and the deadline are dropped, and its connections end as they would have. If Loop::drain() is
  // called meanwhile, both share the steps, and `done` runs before the loop's task. Throws
  // std::bad_alloc, and then changes nothing.
  void drain(std::chrono::milliseconds deadline, Task done = {});
  [[nodiscard]] bool draining() const noexcept;  // this listener, or the whole loop

 private:
  class SLUICE_LOCAL Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
