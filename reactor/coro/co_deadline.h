// The deadline of what a coroutine awaits. Include <sluice/coro.h>.
//
// Lifetime: a part of what is awaited, so of the frame. Destroying it stops it. Thread: the loop's.
// Errors: start() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_CORO_CO_DEADLINE_H
#define SLUICE_REACTOR_CORO_CO_DEADLINE_H

#include <chrono>
#include <optional>
#include <utility>

#include "../loop/timer.h"

namespace sluice::co {

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time) noexcept : time_(time) {}  // 0 or less: none

  // REQUIRES: `passed` calls pass(), and fits into a std::function without memory of its own.
  void start(Loop& loop, Task passed) {
    if (time_.count() <= 0) return;
    timer_.emplace(loop, std::move(passed));
    timer_->start(time_);
  }
  void pass() noexcept { passed_ = true; }
  // Returns whether it has passed.
  bool stop() noexcept {
    timer_.reset();
    return passed_;
  }

 private:
  const std::chrono::milliseconds time_;
  bool passed_ = false;
  std::optional<Timer> timer_;
};

}  // namespace sluice::co

#endif
