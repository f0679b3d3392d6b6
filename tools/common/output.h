// The standard output as a part of the loop: a slow reader of it holds nothing up.
//
// What it is: a queue before a descriptor. What is written in a turn goes out at its end; what the
// reader does not take yet waits, and whoever writes stops while full() and goes on in `drained`.
// The descriptor keeps its flags: O_NONBLOCK would hold for everybody who shares it, the shell
// included. So no more is written at once than a pipe that polls as writable takes.
// Lifetime: does not own the descriptor. Must go before its loop, and not inside `drained`.
// Thread: the loop's. Errors: `failed`, once; what is written then is dropped. std::bad_alloc.
// Source: POSIX.1-2017 write(), PIPE_BUF; poll().
#ifndef SLUICE_TOOLS_COMMON_OUTPUT_H
#define SLUICE_TOOLS_COMMON_OUTPUT_H

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

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
  // As much as is taken at once.
  void flush();

 private:
  int descriptor_;
  std::function<void()> drained_;
  std::function<void(std::error_code)> failed_;
  std::string queue_;
  std::size_t written_ = 0;  // bytes of queue_ that are gone
  bool broken_ = false;
  Timer soon_;
  Watch watch_;
};

}  // namespace sluice::tools

#endif
