// Pipes through which the kernel moves bytes from one socket to another, without a copy in the
// process, and the same for files. For the library, not for embedders.
//
// What it is: splice(2), the pipes that it needs, and a pool of those that nobody uses now; and
// sendfile(2). Where the system has no splice(2), take() returns an empty pipe, and where it has no
// sendfile(2) of Linux, send_file() fails with EINVAL.
// Lifetime: a Pipe owns its two descriptors. A pipe that is given back must be empty: what is left
// in it would reach the next user.
// Thread: the pool is its owner's. Errors: errno.
// Source: splice(2), sendfile(2), pipe(7); SIGPIPE: POSIX.1-2017 write(), pthread_sigmask(),
// sigwait().
#ifndef SLUICE_REACTOR_BASE_PIPE_H
#define SLUICE_REACTOR_BASE_PIPE_H

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fd.h"

namespace sluice {

struct Pipe {
  // The kernel rounds it up to a power of two pages, and grants a user with many pipes less.
  static constexpr int kSize = 256 * 1024;

  explicit operator bool() const noexcept { return static_cast<bool>(read_end); }

  Fd read_end;
  Fd write_end;
};

class PipePool {
 public:
  static constexpr std::size_t kMaxKept = 16;
  [[nodiscard]] Pipe take() noexcept;  // empty if the system gives none
  void give(Pipe pipe) noexcept;       // REQUIRES: no byte is in it

 private:
  std::vector<Pipe> kept_;
};

// Moves what the socket has received into the pipe, as far as it fits. Returns what recv() would:
// 0 at the end of the stream, -1 with EAGAIN if there is nothing or no room. EINVAL: the system
// cannot do this with this socket.
[[nodiscard]] ssize_t splice_from_socket(int socket, const Pipe& pipe) noexcept;
// Moves at most `size` bytes from the pipe into the socket. Returns what send() would, and like
// send() with MSG_NOSIGNAL it never raises SIGPIPE.
[[nodiscard]] ssize_t splice_to_socket(int pipe, int socket, std::size_t size) noexcept;

// Moves at most `size` bytes of a file from `offset` on into the socket. Returns what send() would,
// without SIGPIPE, and 0 if the file ends there. EINVAL: the system cannot do this with this file.
[[nodiscard]] ssize_t send_file(int socket, int file, std::uint64_t offset,
                                std::size_t size) noexcept;

// The same as writev(), without SIGPIPE.
[[nodiscard]] ssize_t write_to_pipe(int pipe, std::span<const iovec> parts) noexcept;

}  // namespace sluice

#endif
