// A listening socket that turns newcomers into connections.
//
// What it is: bind, listen, and accept in bounded batches. TCP over IPv4 and IPv6, Unix stream
// sockets, or a listening descriptor that was inherited.
// Lifetime: must go before its loop; its own factory and any callback may destroy it. Going stops
// listening and removes the Unix socket's file; the
// connections stay, owned by the loop.
// Thread: the loop's.
// Errors: the constructors throw std::system_error that names the call and the endpoint: EADDRINUSE
// (also for a Unix socket that a living process listens on), EADDRNOTAVAIL, EACCES, EAFNOSUPPORT,
// EMFILE, EEXIST (a Unix path that is taken by something else than a socket) and what else
// socket(), bind(), listen() and chmod() give. At run time nothing stops it: a newcomer that is
// gone again (ECONNABORTED and its kin) is skipped; out of descriptors (EMFILE, ENFILE) the
// newcomer is accepted on a spare descriptor and closed, and for those, ENOBUFS and ENOMEM
// accepting pauses with a growing back-off, is reported once a second at most, and resumes by
// itself.
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
#include "listener_options.h"
#include "protocol.h"

namespace sluice {

class SLUICE_EXPORT Listener {
 public:
  // Every connection has a handler of its own, made by `factory`.
  Listener(Loop& loop, const Endpoint& endpoint, ProtocolFactory factory,
           const ListenerOptions& options = {});
  // All connections share `protocol`. REQUIRES: it outlives them: declare it before the loop.
  Listener(Loop& loop, const Endpoint& endpoint, Protocol& protocol,
           const ListenerOptions& options = {});
  // On a descriptor that listens already. Throws EINVAL when it is no listening stream socket.
  Listener(Loop& loop, Fd listening, ProtocolFactory factory, const ListenerOptions& options = {});
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // As the kernel has it: with the real port when 0 was asked for.
  [[nodiscard]] const Endpoint& endpoint() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;  // open now
  // Stops listening; the connections stay. Harmless when called again. Unix: removes the file.
  void close() noexcept;
  // Leaves newcomers in the backlog until resume(). Not counted.
  void pause() noexcept;
  void resume() noexcept;

  // Ends this service while all others of the loop go on: stops listening, hands each of its
  // connections what had arrived, lets it flush and closes it. `done` runs once, at the end of the
  // turn in which the last of them is gone; at `deadline` the rest is closed first
  // (CloseReason::drain_deadline). Newcomers that nobody has accepted yet are reset.
  // Legal anywhere, a connection's callback included. A second call only shortens the deadline.
  // `done` may destroy the listener, and usually does. A listener that is destroyed before drops
  // `done` and the deadline, and its connections end as they would have, in their own time.
  // Loop::drain() meanwhile shares the steps; `done` runs before the loop's task.
  // Throws std::bad_alloc, and then nothing has begun.
  void drain(std::chrono::milliseconds deadline, Task done = {});
  [[nodiscard]] bool draining() const noexcept;  // alone, or with the loop

 private:
  class SLUICE_LOCAL Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
