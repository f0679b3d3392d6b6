// The control socket of the daemon: where sluicectl(8) connects.
//
// Lifetime: REQUIRES that the target and its loop outlive it. The destructor removes the file,
// unless another process has taken it over. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the socket.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SERVER_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SERVER_H

#include <chrono>
#include <optional>

#include "../../../reactor/stream/listen_socket.h"
#include "../../../reactor/stream/listener.h"
#include "../endpoints/opener.h"
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

  [[nodiscard]] int fd() const noexcept { return socket_->fd(); }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  // Another process serves newcomers. Connections go on.
  void retire() noexcept;
  // The other way round: the file is this process's.
  void own_file() {
    if (Opener::of_process() != nullptr) return opened_.own(endpoint_);
    socket_->own_file();
  }
  void drain(std::chrono::milliseconds deadline, Task done) {
    socket_->close();
    opened_.remove();
    listener_->drain(deadline, std::move(done));
  }

 private:
  Endpoint endpoint_;
  std::optional<ListenSocket> socket_;
  OpenedFile opened_;
  std::optional<Listener> listener_;
};

}  // namespace sluice::tools::daemon

#endif
