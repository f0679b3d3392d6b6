// Keeps a rate: says when the next one may go.
//
// What it is: a pure value, told the time. What was not used is not saved up, but for the few
// milliseconds that a loop's timers are late by.
// Thread: a plain value. Units: one a take(); a rate is a second's.
// Source: the generic cell rate algorithm (ITU-T I.371), with time as the bucket.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_PACER_H
#define SLUICE_REACTOR_SWEEP_SWEEP_PACER_H

#include <algorithm>
#include <chrono>

#include "../base/timer_queue.h"

namespace sluice {

class SweepPacer {
 public:
  // 0: no rate, it is always ready.
  explicit SweepPacer(double rate) noexcept {
    if (!(rate > 0)) return;
    // A nanosecond and an hour: what is beyond them is no rate that anybody keeps or waits for.
    const double nanoseconds = std::clamp(1e9 / rate, 1.0, 3600e9);
    every_ = Clock::duration(static_cast<Clock::duration::rep>(nanoseconds));
  }

  [[nodiscard]] bool ready(TimePoint now) const noexcept { return next_ <= now; }
  [[nodiscard]] TimePoint next() const noexcept { return next_; }
  void take(TimePoint now) noexcept {
    if (every_ == Clock::duration::zero()) return;
    next_ = std::max(next_, now - kSlack) + every_;
  }

  static constexpr std::chrono::milliseconds kSlack{4};

 private:
  Clock::duration every_{0};
  TimePoint next_{};
};

}  // namespace sluice

#endif
