// Runs a function at a steady rate, such as the steps of a simulation sixty times a second.
//
// What it is: a deadline in the loop's queue that is computed from the first tick, so that no error
// adds up: after an hour at 60 Hz exactly 216,000 ticks were due. Ticks that the loop was too busy
// for are counted and passed to the function; they never run one after another to catch up.
// Lifetime: must be destroyed before its loop. The destructor stops it. Its function may stop,
// restart or destroy it.
// Thread: the loop's.
// Errors: start() may throw std::bad_alloc. The loop reports what the function throws, and the
// ticker continues.
// Units: a tick never runs early. How late it runs depends on the backend, which waits for whole
// milliseconds: up to 1 ms, with LoopOptions::precise_timers about 0.1 ms, and longer while
// callbacks run.
#ifndef SLUICE_REACTOR_LOOP_TICKER_H
#define SLUICE_REACTOR_LOOP_TICKER_H

#include <chrono>
#include <cstdint>
#include <functional>

#include "../base/export.h"
#include "../base/timer_queue.h"
#include "callback.h"
#include "loop.h"

namespace sluice {

class SLUICE_EXPORT Ticker final : private TimerQueue::Entry {
 public:
  // `missed`: how many ticks were due since the last call, beside this one. A simulation with a
  // fixed step makes so many more steps, or drops them.
  using Function = std::function<void(std::uint64_t missed)>;
  // REQUIRES: `function` is not empty.
  Ticker(Loop& loop, Function function);
  ~Ticker() override;

  // `ticks` in each `time`, at equal distances, the first one a distance from now: start(60,
  // std::chrono::seconds(1)). REQUIRES: ticks > 0, and a tick is at least a microsecond.
  void start(std::uint32_t ticks, std::chrono::nanoseconds time);
  void stop() noexcept;
  [[nodiscard]] bool running() const noexcept { return queued(); }
  // When it runs next. REQUIRES: running().
  [[nodiscard]] TimePoint due() const noexcept { return Entry::due(); }

 private:
  void expire() override;
  [[nodiscard]] SLUICE_LOCAL TimePoint due_at(std::uint64_t tick) const noexcept;

  Loop& loop_;
  detail::Callback<Function> function_;
  std::uint32_t ticks_ = 0;
  std::chrono::nanoseconds time_{};
  TimePoint began_{};       // a tick that moves on by time_, so that products stay small
  std::uint64_t tick_ = 0;  // the next one since then
};

}  // namespace sluice

#endif
