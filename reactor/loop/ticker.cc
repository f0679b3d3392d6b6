#include "ticker.h"

#include <cassert>
#include <utility>

#include "loop_internals.h"

namespace sluice {

using std::chrono::nanoseconds;

Ticker::Ticker(Loop& loop, Function function) : loop_(loop), function_(std::move(function)) {}

Ticker::~Ticker() { stop(); }

// The quotient and the rest apart, because `tick * time` would overflow for long times.
TimePoint Ticker::due_at(std::uint64_t tick) const noexcept {
  const auto time = static_cast<std::uint64_t>(time_.count());
  const std::uint64_t whole = tick / ticks_;
  const std::uint64_t rest = tick % ticks_;
  const std::uint64_t part = time / ticks_ * rest + time % ticks_ * rest / ticks_;
  return began_ + nanoseconds(static_cast<std::int64_t>(time * whole + part));
}

void Ticker::start(std::uint32_t ticks, nanoseconds time) {
  assert(ticks > 0 && time / ticks >= std::chrono::microseconds(1));
  const TimePoint now = LoopInternals::fresh_now(loop_);
  ticks_ = ticks;
  time_ = time;
  began_ = now;
  tick_ = 1;
  LoopInternals::start_timer(loop_, *this, due_at(tick_));
}

void Ticker::stop() noexcept { LoopInternals::stop_timer(loop_, *this); }

void Ticker::expire() {
  const TimePoint now = loop_.now();
  // The last tick that is due; rounding may have placed it a nanosecond off.
  const nanoseconds since = now - began_;
  auto last = static_cast<std::uint64_t>(since / time_) * ticks_;
  last += static_cast<std::uint64_t>(since % time_ / (time_ / ticks_));
  while (due_at(last) > now) --last;
  while (due_at(last + 1) <= now) ++last;
  const std::uint64_t missed = last - tick_;
  tick_ = last + 1;
  const std::uint64_t rounds = last / ticks_;
  began_ += time_ * static_cast<std::int64_t>(rounds);
  tick_ -= rounds * ticks_;
  LoopInternals::start_timer(loop_, *this, due_at(tick_));
  // The function may destroy this ticker.
  Loop& loop = loop_;
  function_.run([&loop, missed](Function& function) {
    LoopInternals::guarded(loop, "ticker", [&function, missed] { function(missed); });
  });
}

}  // namespace sluice
