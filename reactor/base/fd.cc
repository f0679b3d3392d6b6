#include "fd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <system_error>

namespace sluice {
namespace {

// Ors `flag` into what `get` reads, and spares the second call where it is set already.
void add_flag(int fd, int get, int set, int flag, const char* get_call, const char* set_call) {
  const int flags = ::fcntl(fd, get);
  if (flags < 0) throw std::system_error(errno, std::generic_category(), get_call);
  if ((flags & flag) != 0) return;
  if (::fcntl(fd, set, flags | flag) < 0) {
    throw std::system_error(errno, std::generic_category(), set_call);
  }
}

}  // namespace

void Fd::reset(int fd) noexcept {
  assert(fd < 0 || fd != fd_);
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  // A caller that cleans up after a failed call still wants to report that call's errno.
  const int saved = errno;
  ::close(old);
  errno = saved;
}

void set_nonblocking_cloexec(int fd) {
  add_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, "fcntl(F_GETFL)", "fcntl(F_SETFL, O_NONBLOCK)");
  add_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, "fcntl(F_GETFD)", "fcntl(F_SETFD, FD_CLOEXEC)");
}

void reset_on_close(int fd) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void close_by_reset(Fd& socket) noexcept {
  if (!socket) return;
  reset_on_close(socket.get());
  socket.reset();
}

}  // namespace sluice
