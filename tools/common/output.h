// The standard output on the loop, so that a slow reader does not delay the program.
//
// What it is: a queue before a descriptor. Text that is written in a turn is sent at its end. Text
// that the reader does not accept yet waits in the queue: the caller stops while full(), and
// continues in `drained`. The descriptor keeps its flags, because O_NONBLOCK would apply to every
// process that shares it, such as the shell. A pipe is opened once more instead, which gives a
// description that no other process shares. Where that is not possible, and for a terminal, one
// write is no larger than what a pipe that polls as writable accepts. A large text is written at
// once if nothing waits before it.
// Lifetime: does not own the descriptor. Must be destroyed before its loop, and not inside
// `drained`. Thread: the loop's.
// Errors: `failed`, once; later text is dropped. std::bad_alloc.
// Source: POSIX.1-2017 write(), PIPE_BUF; poll().
#ifndef SLUICE_TOOLS_COMMON_OUTPUT_H
#define SLUICE_TOOLS_COMMON_OUTPUT_H

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "../../reactor/base/fd.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools {

class Output {
 public:
  static constexpr std::size_t kHighWater = 256 * 1024;  // bytes

  // REQUIRES: `descriptor` stays open. The functions run in callbacks of the loop.
  Output(Loop& loop, int descriptor, std::function<void()> drained,
         std::function<void(std::error_code)> failed);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() = default;

  void write(std::string_view text);
  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  [[nodiscard]] bool full() const noexcept { return queue_.size() - written_ > kHighWater; }
  // Writes what the reader accepts without waiting.
  void flush();

 private:
  enum class Way : std::uint8_t { in_pieces, whole, socket };

  [[nodiscard]] ssize_t put(std::string_view text) const noexcept;

  int descriptor_;
  Fd own_;  // to the same pipe
  Way way_ = Way::in_pieces;
  std::function<void()> drained_;
  std::function<void(std::error_code)> failed_;
  std::string queue_;
  std::size_t written_ = 0;  // bytes of queue_ that are gone
  bool broken_ = false;
  bool owes_drained_ = false;  // a text was written at once, and nothing waited
  Timer soon_;
  Watch watch_;
};

}  // namespace sluice::tools

#endif
