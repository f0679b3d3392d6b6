#include "endpoint_socket.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "../../../reactor/datagram/datagram_open.h"
#include "socket_keys.h"

namespace sluice::tools::daemon {

EndpointSocket::EndpointSocket(const ListenSpec& spec) {
  if (spec.descriptor >= 0) {
    Fd passed = duplicate_of(spec.descriptor);
    if (spec.scheme() == Scheme::udp) {
      datagrams_ = std::move(passed);
    } else {
      stream_.emplace(std::move(passed), derive_listener(spec.settings));
    }
  } else if (spec.scheme() == Scheme::udp) {
    datagrams_ = open_bound(spec.endpoint(), derive_datagram(spec.settings)).fd;
  } else {
    stream_.emplace(spec.endpoint(), derive_listener(spec.settings));
  }
}

Fd duplicate_of(int descriptor) {
  Fd duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (duplicate) return duplicate;
  throw std::system_error(errno, std::generic_category(), "fcntl(F_DUPFD_CLOEXEC)");
}

}  // namespace sluice::tools::daemon
