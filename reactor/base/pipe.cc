#include "pipe.h"

#include <fcntl.h>
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
#include <sys/sendfile.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <utility>

namespace sluice {

namespace {

bool is_sigpipe_pending() noexcept {
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

// Only send() has MSG_NOSIGNAL. Around other calls the signal is blocked, and taken from the thread
// if the call has raised it.
template <class Call>
ssize_t without_sigpipe(Call call) noexcept {
  sigset_t only;
  sigset_t before;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &only, &before);
  const bool host_blocks = ::sigismember(&before, SIGPIPE) == 1;
  const bool was_pending = host_blocks && is_sigpipe_pending();
  const ssize_t result = call();
  const int error = errno;
  // It is not pending if the host ignores it.
  if (result < 0 && error == EPIPE && !was_pending && is_sigpipe_pending()) {
    int signal = 0;
    ::sigwait(&only, &signal);
  }
  if (!host_blocks) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return result;
}

}  // namespace

ssize_t write_to_pipe(int pipe, std::span<const iovec> parts) noexcept {
  return without_sigpipe(
      [pipe, parts] { return ::writev(pipe, parts.data(), static_cast<int>(parts.size())); });
}

void PipePool::give(Pipe pipe) noexcept {
  if (kept_.size() == kMaxKept) return;
  try {
    kept_.push_back(std::move(pipe));
  } catch (const std::bad_alloc&) {  // `pipe` has not been moved then, and is closed
  }
}

#if defined(__linux__) && !defined(SLUICE_PORTABLE)

Pipe PipePool::take() noexcept {
  if (!kept_.empty()) {
    Pipe pipe = std::move(kept_.back());
    kept_.pop_back();
    return pipe;
  }
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return {};
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(ends[1], F_SETPIPE_SZ, Pipe::kSize);  // if the user may not, it moves less at a time
  return pipe;
}

ssize_t splice_from_socket(int socket, const Pipe& pipe) noexcept {
  // More than the pipe's size: its slots are counted, and one may hold more than a page.
  constexpr std::size_t kMaxSplice = 4UL * Pipe::kSize;
  return ::splice(socket, nullptr, pipe.write_end.get(), nullptr, kMaxSplice,
                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

ssize_t splice_to_socket(int pipe, int socket, std::size_t size) noexcept {
  return without_sigpipe([pipe, socket, size] {
    return ::splice(pipe, nullptr, socket, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  });
}

ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t size) noexcept {
  auto from = static_cast<off_t>(offset);
  const ssize_t result = without_sigpipe(
      [socket, file, &from, size] { return ::sendfile(socket, file, &from, size); });
  if (result < 0 && (errno == ENOSYS || errno == EOVERFLOW)) errno = EINVAL;
  return result;
}

#else

Pipe PipePool::take() noexcept { return {}; }

ssize_t splice_from_socket(int /*socket*/, const Pipe& /*pipe*/) noexcept {
  errno = EINVAL;
  return -1;
}

ssize_t splice_to_socket(int /*pipe*/, int /*socket*/, std::size_t /*size*/) noexcept {
  errno = EINVAL;
  return -1;
}

ssize_t send_file(int /*socket*/, int /*file*/, std::uint64_t /*offset*/,
                  std::size_t /*size*/) noexcept {
  errno = EINVAL;
  return -1;
}

#endif

}  // namespace sluice
