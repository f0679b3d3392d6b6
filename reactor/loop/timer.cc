#include "timer.h"

#include <cassert>
#include <utility>

#include "loop_internals.h"

namespace sluice {

using std::chrono::milliseconds;

Timer::Timer(Loop& loop, Task function) : loop_(loop), function_(std::move(function)) {}

Timer::~Timer() { stop(); }

void Timer::start(milliseconds after) {
  every_ = milliseconds(0);
  LoopInternals::start_timer(loop_, *this, later(LoopInternals::fresh_now(loop_), after));
}

void Timer::start_repeating(milliseconds every) {
  assert(every > milliseconds(0));
  LoopInternals::start_timer(loop_, *this, later(LoopInternals::fresh_now(loop_), every));
  every_ = every;
}

void Timer::stop() noexcept { LoopInternals::stop_timer(loop_, *this); }

void Timer::expire() {
  if (every_ > milliseconds(0)) {
    // From the deadline, not from now, so that it does not drift. Repetitions in the past are
    // skipped.
    TimePoint next = later(due(), every_);
    if (next <= loop_.now()) next = later(next + (loop_.now() - next) / every_ * every_, every_);
    LoopInternals::start_timer(loop_, *this, next);
  }
  // The function may destroy this timer.
  Loop& loop = loop_;
  function_.run([&loop](Task& function) { LoopInternals::guarded(loop, "timer", function); });
}

}  // namespace sluice
