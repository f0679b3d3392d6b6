#include "timer.h"

#include <cassert>
#include <utility>

#include "loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

Timer::Timer(Loop& loop, Task function) : loop_(loop), function_(std::move(function)) {
  assert(function_);
}

Timer::~Timer() {
  stop();
  if (destroyed_ != nullptr) *destroyed_ = true;
}

void Timer::start(milliseconds after) {
  every_ = milliseconds(0);
  LoopInternals::start_timer(loop_, *this, later(loop_.now(), after));
}

void Timer::start_repeating(milliseconds every) {
  assert(every > milliseconds(0));
  LoopInternals::start_timer(loop_, *this, later(loop_.now(), every));
  every_ = every;
}

void Timer::stop() noexcept { LoopInternals::stop_timer(loop_, *this); }

void Timer::expire() {
  if (every_ > milliseconds(0)) {
    // From the deadline, not from now: the beat does not drift. Beats in the past are left out.
    TimePoint next = later(due(), every_);
    if (next <= loop_.now()) next = later(next + (loop_.now() - next) / every_ * every_, every_);
    LoopInternals::start_timer(loop_, *this, next);
  }
  // The function may destroy this timer, and with it the function that is running: it runs from
  // the stack and goes back only to a timer that is still there.
  bool destroyed = false;
  destroyed_ = &destroyed;
  Task running = std::move(function_);
  LoopInternals::guarded(loop_, "timer", running);
  if (destroyed) return;
  destroyed_ = nullptr;
  function_ = std::move(running);
}

}  // namespace sluice
