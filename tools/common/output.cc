#include "output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "../../reactor/base/try_again.h"

namespace sluice::tools {
namespace {

// _POSIX_PIPE_BUF is less; Linux and the BSDs take this much of a pipe that polls as writable.
constexpr std::size_t kAtOnce = 4096;
// A text of this size is written at once; a smaller one waits for the end of the turn.
constexpr std::size_t kDirect = 16 * 1024;

bool is_writable(int descriptor) noexcept {
  pollfd ready{descriptor, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1;  // also with an error, which write() then reports
}

// A pipe is opened once more, for a description with O_NONBLOCK that no other process shares. It
// fails without /proc, where the pipe belongs to another user, and where nobody reads.
Fd reopened([[maybe_unused]] int descriptor) {
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  return Fd(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
#else
  return Fd();
#endif
}

bool is_null_device(const struct stat& status) noexcept {
  struct stat null {};
  return S_ISCHR(status.st_mode) && ::stat("/dev/null", &null) == 0 &&
         status.st_rdev == null.st_rdev;
}

}  // namespace

Output::Output(Loop& loop, int descriptor, std::function<void()> drained,
               std::function<void(std::error_code)> failed)
    : descriptor_(descriptor),
      drained_(std::move(drained)),
      failed_(std::move(failed)),
      soon_(loop, [this] { flush(); }),
      watch_(loop, descriptor, [this](int /*events*/) { flush(); }) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode) || is_null_device(status)) {
    way_ = Way::whole;  // neither keeps a writer waiting for a reader
  } else if (S_ISSOCK(status.st_mode)) {
    way_ = Way::socket;
  } else if (S_ISFIFO(status.st_mode)) {
    own_ = reopened(descriptor);
    if (own_) way_ = Way::whole;
  }
}

void Output::write(std::string_view text) {
  if (broken_ || text.empty()) return;
  if (queue_.empty() && text.size() >= kDirect && way_ != Way::in_pieces) {
    const ssize_t count = put(text);
    // flush() meets an error again, and reports it in a callback.
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    if (text.empty()) {
      owes_drained_ = true;
      return soon_.start(std::chrono::milliseconds(0));
    }
  }
  // What one turn brings goes out together.
  if (queue_.empty()) soon_.start(std::chrono::milliseconds(0));
  queue_ += text;
}

// As much as the reader accepts without waiting.
ssize_t Output::put(std::string_view text) const noexcept {
  switch (way_) {
    case Way::socket:
      return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
    case Way::whole:
      return ::write(own_ ? own_.get() : descriptor_, text.data(), text.size());
    case Way::in_pieces:
      break;
  }
  if (is_writable(descriptor_)) {
    return ::write(descriptor_, text.data(), std::min(text.size(), kAtOnce));
  }
  errno = EAGAIN;
  return -1;
}

void Output::flush() {
  if (queue_.empty() && !owes_drained_) return;
  owes_drained_ = false;
  soon_.stop();
  while (written_ < queue_.size()) {
    const ssize_t count = put(std::string_view(queue_).substr(written_));
    if (count >= 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (would_block(errno)) {
      break;
    } else if (errno != EINTR) {
      const std::error_code error(errno, std::generic_category());
      broken_ = true;
      queue_.clear();
      written_ = 0;
      watch_.stop();
      failed_(error);
      return;
    }
  }
  if (written_ < queue_.size()) {
    if (written_ > kHighWater) {
      queue_.erase(0, written_);
      written_ = 0;
    }
    watch_.watch(kWritable);
    return;
  }
  queue_.clear();
  written_ = 0;
  watch_.stop();
  drained_();
}

}  // namespace sluice::tools
