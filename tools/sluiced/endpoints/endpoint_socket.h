// The bound socket of an endpoint, which stays while services come and go on it.
//
// What it is: the owner of the descriptor. A service that is started gets a duplicate of it, so
// what waits in the kernel, a newcomer or a datagram, waits for the next service.
// Lifetime: the destructor removes the file of a Unix socket that it has bound. Thread: the loop's.
// Errors: the constructor throws std::system_error that names the endpoint.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_ENDPOINT_SOCKET_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_ENDPOINT_SOCKET_H

#include <optional>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/stream/listen_socket.h"
#include "../settings/listen_spec.h"
#include "opener.h"

namespace sluice::tools::daemon {

class EndpointSocket {
 public:
  // Binds, and listens unless it is over UDP, or has the Opener of the process do that. Or uses the
  // socket that was passed for the spec.
  explicit EndpointSocket(const ListenSpec& spec);
  // Uses a socket that another process has bound for the spec, but for its file.
  EndpointSocket(const ListenSpec& spec, Fd bound);
  EndpointSocket(const EndpointSocket&) = delete;
  EndpointSocket& operator=(const EndpointSocket&) = delete;
  ~EndpointSocket() = default;

  // Of a Unix socket: this process removes the file, and sets the mode that the spec has.
  void own_file(const ListenSpec& spec);
  // Another process does.
  void leave_file() noexcept {
    if (stream_) stream_->leave_file();
    opened_.leave();
  }
  [[nodiscard]] int fd() const noexcept { return stream_ ? stream_->fd() : datagrams_.get(); }

 private:
  void adopt(const ListenSpec& spec, Fd bound);

  std::optional<ListenSocket> stream_;
  OpenedFile opened_;
  Fd datagrams_;  // over UDP
};

// Closed in a child that executes another program. Throws std::system_error (the errno of fcntl()).
[[nodiscard]] Fd duplicate_of(int descriptor);

}  // namespace sluice::tools::daemon

#endif
