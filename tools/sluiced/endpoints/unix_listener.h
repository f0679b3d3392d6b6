// A listener at a path, whose socket another process can take over: a control socket.
//
// What it is: binds the path, has the Opener of the process bind it, or uses a socket that another
// process has bound there.
// Lifetime: must be destroyed before its loop. The destructor removes the file, unless another
// process has it. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the socket.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_UNIX_LISTENER_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_UNIX_LISTENER_H

#include <chrono>
#include <optional>

#include "../../../reactor/stream/listen_socket.h"
#include "../../../reactor/stream/listener.h"
#include "opener.h"

namespace sluice::tools::daemon {

class UnixListener {
 public:
  // Uses `bound` if there is one, whose file another process has.
  UnixListener(Loop& loop, const Endpoint& endpoint, ProtocolFactory factory,
               const ListenerOptions& options, Fd bound = {});
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener() = default;

  [[nodiscard]] int fd() const noexcept { return socket_->fd(); }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  // Whether this process has bound the path itself.
  [[nodiscard]] bool has_bound() const noexcept { return has_bound_; }

  // The file is this process's, or another's.
  void own_file();
  void leave_file() noexcept;
  // Accepts no more connections. Those that are open go on, and the file is not removed.
  void close() noexcept;
  // As Listener; a file that is this process's is removed at once.
  void drain(std::chrono::milliseconds deadline, Task done);

 private:
  Endpoint endpoint_;
  OpenedFile opened_;
  bool has_bound_ = false;
  std::optional<ListenSocket> socket_;
  std::optional<Listener> listener_;
};

}  // namespace sluice::tools::daemon

#endif
