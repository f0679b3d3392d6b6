#include "listening_socket.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace sluice::tools::daemon {

Fd duplicate_of(int descriptor) {
  Fd duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (duplicate) return duplicate;
  throw std::system_error(errno, std::generic_category(), "fcntl(F_DUPFD_CLOEXEC)");
}

}  // namespace sluice::tools::daemon
