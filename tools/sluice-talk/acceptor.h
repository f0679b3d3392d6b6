// Accepts one connection at a time at the endpoint of --listen.
//
// What it is: a listening socket of the library, without its table of connections: newcomers wait
// in the backlog while one is served.
// Lifetime: must be destroyed before its loop, and not inside its function; close() may be called
// there. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the call and the endpoint. Afterwards
// no error stops it: it skips a newcomer that has gone, and tries again when descriptors are short.
#ifndef SLUICE_TOOLS_SLUICE_TALK_ACCEPTOR_H
#define SLUICE_TOOLS_SLUICE_TALK_ACCEPTOR_H

#include <chrono>
#include <functional>

#include "../../reactor/base/endpoint.h"
#include "../../reactor/base/fd.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"
#include "../../reactor/stream/listen_socket.h"

namespace sluice::tools::talk {

class Acceptor {
 public:
  using OnAccepted = std::function<void(Fd socket, const Address& peer)>;

  Acceptor(Loop& loop, const Endpoint& endpoint, OnAccepted accepted);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  // Removes the file of a Unix socket.
  ~Acceptor() { close(); }

  // With the real port.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return socket_.endpoint(); }
  // Accepts the next newcomer, and then no other. REQUIRES: not closed.
  void accept_one() { watch_.watch(kReadable); }
  // Listens no more; newcomers that wait are reset.
  void close() noexcept;

 private:
  // Before the next attempt without descriptors or memory.
  static constexpr std::chrono::milliseconds kPause{100};

  void on_newcomer();

  ListenSocket socket_;
  OnAccepted accepted_;
  Watch watch_;
  Timer again_;
};

}  // namespace sluice::tools::talk

#endif
