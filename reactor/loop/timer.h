// A timer: runs a function once after a time, or again and again.
//
// What it is: one deadline in the loop's queue. Starting it anew moves it.
// Lifetime: must go before its loop; going stops it. Its function may stop, restart or destroy it.
// Thread: the loop's.
// Errors: start() may throw std::bad_alloc. What the function throws is reported by the loop, and a
// repeating timer goes on.
// Units: milliseconds, on the monotonic clock: steps of the wall clock do not matter. A delay
// counts from Loop::now(), the time of the turn, and a timer never runs early. A repeating one
// keeps its beat; beats that a busy loop missed are left out.
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
