// The control socket of the daemon: where sluicectl(8) connects.
//
// Lifetime: REQUIRES that the target and its loop outlive it. The destructor removes the file,
// unless another process has taken it over. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the socket.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SERVER_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SERVER_H

#include <chrono>

#include "../endpoints/unix_listener.h"
#include "../settings/control_settings.h"
#include "control_target.h"

namespace sluice::tools::daemon {

class ControlServer {
 public:
  // Uses `bound` if there is one: another process has bound it at the same path. REQUIRES: the
  // settings have a socket.
  ControlServer(ControlTarget& target, const ControlSettings& settings, Fd bound);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer() = default;

  [[nodiscard]] int fd() const noexcept { return listener_.fd(); }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return listener_.endpoint(); }
  // Another process serves newcomers. Connections go on.
  void retire() noexcept;
  // The other way round: the file is this process's.
  void own_file() { listener_.own_file(); }
  void drain(std::chrono::milliseconds deadline, Task done) {
    listener_.drain(deadline, std::move(done));
  }

 private:
  UnixListener listener_;
};

}  // namespace sluice::tools::daemon

#endif
