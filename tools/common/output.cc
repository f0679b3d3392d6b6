#include "output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "../../reactor/base/try_again.h"

namespace sluice::tools {
namespace {

// _POSIX_PIPE_BUF is less; Linux and the BSDs take this much of a pipe that polls as writable.
constexpr std::size_t kAtOnce = 4096;

bool is_writable(int descriptor) noexcept {
  pollfd ready{descriptor, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1;  // also with an error, which write() then tells
}

}  // namespace

Output::Output(Loop& loop, int descriptor, std::function<void()> drained,
               std::function<void(std::error_code)> failed)
    : descriptor_(descriptor),
      drained_(std::move(drained)),
      failed_(std::move(failed)),
      soon_(loop, [this] { flush(); }),
      watch_(loop, descriptor, [this](int /*events*/) { flush(); }) {}

void Output::write(std::string_view text) {
  if (broken_ || text.empty()) return;
  // What one turn brings goes out together.
  if (queue_.empty()) soon_.start(std::chrono::milliseconds(0));
  queue_ += text;
}

void Output::flush() {
  if (queue_.empty()) return;
  soon_.stop();
  while (written_ < queue_.size() && is_writable(descriptor_)) {
    const std::size_t size = std::min(queue_.size() - written_, kAtOnce);
    const ssize_t count = ::write(descriptor_, queue_.data() + written_, size);
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
