#include "turn_budget.h"

#include <algorithm>

namespace sluice {

void TurnBudget::start() noexcept {
  started_ = true;
  if (!timed_) return;
  last_look_ = Clock::now();
  const auto equal = allowed_ / static_cast<std::int64_t>(std::max<std::size_t>(busy_, 1));
  left_ = std::max<Clock::duration>(kMinShare, std::min(equal, (allowed_ - used_) / 2));
}

bool TurnBudget::look() noexcept {
  // As many questions again as so far: messages that take equally long overdraw a share by no more
  // than its double.
  next_look_ = std::min(asked_ + std::min(asked_, kMaxUnasked), messages_);
  over_ = asked_ >= messages_;
  if (!timed_ || !started_) {
    if (!started_) start();
    return !over_;
  }
  const TimePoint now = Clock::now();
  const auto took = now - last_look_;
  last_look_ = now;
  used_ += took;
  left_ -= took;
  over_ = over_ || left_.count() <= 0;
  return !over_;
}

void TurnBudget::end_turn(Clock::duration took) noexcept {
  busy_ = cut_;
  cut_ = 0;
  used_ = {};
  if (busy_ > 0 && took > budget_) {
    // In proportion, in floating point, because the product of two durations may overflow.
    const double share = static_cast<double>(budget_.count()) / static_cast<double>(took.count());
    const auto shrunk = static_cast<double>(allowed_.count()) * share;
    allowed_ = std::max(Clock::duration(static_cast<std::int64_t>(shrunk)), budget_ / kMaxShrink);
  } else if (allowed_ < budget_) {
    allowed_ = std::min(allowed_ + allowed_ / 4 + Clock::duration(1), budget_);
  }
}

}  // namespace sluice
