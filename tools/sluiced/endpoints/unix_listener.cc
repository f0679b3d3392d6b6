#include "unix_listener.h"

#include <utility>

#include "endpoint_socket.h"

namespace sluice::tools::daemon {

UnixListener::UnixListener(Loop& loop, const Endpoint& endpoint, ProtocolFactory factory,
                           const ListenerOptions& options, Fd bound)
    : endpoint_(endpoint) {
  if (!bound && Opener::of_process() != nullptr) bound = opened_.open(endpoint_);
  has_bound_ = !bound;
  if (has_bound_) {
    socket_.emplace(endpoint_, options);
  } else {
    socket_.emplace(std::move(bound), options);
  }
  listener_.emplace(loop, duplicate_of(socket_->fd()), std::move(factory), options);
}

void UnixListener::own_file() {
  if (Opener::of_process() != nullptr) return opened_.own(endpoint_);
  socket_->own_file();
}

void UnixListener::leave_file() noexcept {
  socket_->leave_file();
  opened_.leave();
}

void UnixListener::close() noexcept {
  socket_->close();
  listener_->close();
}

void UnixListener::drain(std::chrono::milliseconds deadline, Task done) {
  socket_->close();
  opened_.remove();
  listener_->drain(deadline, std::move(done));
}

}  // namespace sluice::tools::daemon
