// Limits a rate: computes when the next event is allowed.
//
// What it is: a pure value; the caller passes the time. Unused time is not saved up, except for a
// few milliseconds to make up for late timers.
// Thread: a plain value. Units: one event for each take(); the rate is in events a second.
// Source: the generic cell rate algorithm (ITU-T I.371), with time as the bucket.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_PACER_H
#define SLUICE_REACTOR_SWEEP_SWEEP_PACER_H

#include <algorithm>
#include <chrono>

#include "../base/timer_queue.h"

namespace sluice {

class SweepPacer {
 public:
  // 0: no limit; always ready.
  explicit SweepPacer(double rate) noexcept {
    if (!(rate > 0)) return;
    // The interval is between a nanosecond and an hour. A shorter one limits nothing, and nobody
    // waits for a longer one.
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
