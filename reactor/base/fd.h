// An owning file descriptor.
//
// What it is: a value that closes its descriptor when it is destroyed. Moving leaves -1 behind.
// Thread: as safe as an int.
// Errors: errors of close() are ignored, because a caller could do nothing about them. EINTR is
// never retried, because Linux has released the descriptor by then.
// Source: POSIX.1-2017 close(), fcntl(), SO_LINGER.
#ifndef SLUICE_REACTOR_BASE_FD_H
#define SLUICE_REACTOR_BASE_FD_H

#include <utility>

#include "export.h"

namespace sluice {

class SLUICE_EXPORT Fd {
 public:
  Fd() noexcept = default;
  // Takes ownership of `fd`; a negative one means "none".
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  // Gives up the descriptor without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  // Closes its descriptor and owns `fd` from now on. Preserves errno. REQUIRES: `fd` is not the
  // descriptor that it owns already.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

// Makes `fd` non-blocking and close-on-exec. Throws std::system_error (the errno of fcntl()).
SLUICE_EXPORT void set_nonblocking_cloexec(int fd);

// For the library and its tools, not for embedders.
// Makes close() drop what the kernel still holds, send the peer a reset and leave nothing in
// TIME_WAIT: a linger of zero seconds. If that fails, the socket closes as usual.
void reset_on_close(int fd) noexcept;
// The same, and closes it now. Does nothing when none is held.
void close_by_reset(Fd& socket) noexcept;

}  // namespace sluice

#endif
