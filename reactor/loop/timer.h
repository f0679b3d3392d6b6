// A timer: runs a function once after a delay, or repeatedly.
//
// What it is: one deadline in the loop's queue. Starting it again moves it.
// Lifetime: must be destroyed before its loop. The destructor stops it. Its function may stop,
// restart or destroy it.
// Thread: the loop's.
// Errors: start() may throw std::bad_alloc. The loop reports what the function throws, and a
// repeating timer continues.
// Units: milliseconds, on the monotonic clock: changes of the wall clock have no effect. A delay
// counts from Loop::now(), the time of the turn, and a timer never runs early. A delay below 0
// counts as 0. A repeating timer does not drift, and skips the repetitions that a busy loop missed.
#ifndef SLUICE_REACTOR_LOOP_TIMER_H
#define SLUICE_REACTOR_LOOP_TIMER_H

#include <chrono>

#include "../base/export.h"
#include "../base/timer_queue.h"
#include "callback.h"
#include "loop.h"

namespace sluice {

class SLUICE_EXPORT Timer final : private TimerQueue::Entry {
 public:
  // REQUIRES: `function` is not empty.
  Timer(Loop& loop, Task function);
  ~Timer() override;

  void start(std::chrono::milliseconds after);
  // REQUIRES: every > 0.
  void start_repeating(std::chrono::milliseconds every);
  void stop() noexcept;
  [[nodiscard]] bool running() const noexcept { return queued(); }
  // When it runs next. REQUIRES: running().
  [[nodiscard]] TimePoint due() const noexcept { return Entry::due(); }

 private:
  void expire() override;

  Loop& loop_;
  detail::Callback<Task> function_;
  std::chrono::milliseconds every_{0};  // 0: once
};

}  // namespace sluice

#endif
