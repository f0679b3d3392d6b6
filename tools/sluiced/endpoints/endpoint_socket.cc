#include "endpoint_socket.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "../../../reactor/datagram/datagram_open.h"
#include "socket_keys.h"

namespace sluice::tools::daemon {

EndpointSocket::EndpointSocket(const ListenSpec& spec) {
  if (spec.descriptor >= 0) {
    adopt(spec, duplicate_of(spec.descriptor));
  } else if (Opener::of_process() != nullptr) {
    adopt(spec, opened_.open(spec.endpoint()));
  } else if (spec.scheme() == Scheme::udp) {
    datagrams_ = open_bound(spec.endpoint(), derive_datagram(spec.settings)).fd;
  } else {
    stream_.emplace(spec.endpoint(), derive_listener(spec.settings));
  }
}

EndpointSocket::EndpointSocket(const ListenSpec& spec, Fd bound) { adopt(spec, std::move(bound)); }

void EndpointSocket::adopt(const ListenSpec& spec, Fd bound) {
  if (spec.scheme() == Scheme::udp) {
    datagrams_ = std::move(bound);
  } else {
    stream_.emplace(std::move(bound), derive_listener(spec.settings));
  }
}

void EndpointSocket::own_file(const ListenSpec& spec) {
  if (spec.descriptor >= 0 || spec.scheme() != Scheme::unix_stream) return;
  if (Opener::of_process() != nullptr) return opened_.own(spec.endpoint());
  stream_->own_file();
  const auto mode = spec.settings.find(kModeKey);
  if (mode) (void)::chmod(spec.endpoint().address().path().c_str(), static_cast<mode_t>(*mode));
}

Fd duplicate_of(int descriptor) {
  Fd duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (duplicate) return duplicate;
  throw std::system_error(errno, std::generic_category(), "fcntl(F_DUPFD_CLOEXEC)");
}

}  // namespace sluice::tools::daemon
