// Limits a rate: computes when the next event is allowed, and adapts the rate to the answers.
//
// What it is: a pure value; the caller passes the time. Unused time is not saved up, except for a
// few milliseconds to make up for late timers. With two rates it begins with the lower one, or with
// one between them that is known. Each answer raises it, so that it doubles in about a tenth of a
// second while all events are answered. While more than kLossy of them are lost it is halved.
// Without answers it stays.
// Thread: a plain value. Units: one event for each take(); rates are in events a second.
// Source: the generic cell rate algorithm (ITU-T I.371), with time as the bucket.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_PACER_H
#define SLUICE_REACTOR_SWEEP_SWEEP_PACER_H

#include <algorithm>
#include <chrono>

#include "../base/timer_queue.h"

namespace sluice {

class SweepPacer {
 public:
  // 0: no limit; always ready. A `max` above `rate`: it adapts between them, and begins with
  // `first`, or the one of them that is nearer.
  explicit SweepPacer(double rate, double max = 0, double first = 0) noexcept
      : rate_(rate), min_(rate), max_(max) {
    if (min_ > 0 && first > min_) rate_ = std::min(first, std::max(min_, max_));
    set_interval();
  }

  [[nodiscard]] bool ready(TimePoint now) const noexcept { return next_ <= now; }
  [[nodiscard]] TimePoint next() const noexcept { return next_; }
  [[nodiscard]] double rate() const noexcept { return rate_; }
  void take(TimePoint now) noexcept {
    if (every_ == Clock::duration::zero()) return;
    next_ = std::max(next_, now - kSlack) + every_;
  }
  // An event was answered. `loss` is the share of recent ones that were lost.
  void answered(double loss, TimePoint now) noexcept {
    if (!(min_ > 0) || max_ <= min_) return;
    if (loss <= kLossy) {
      if (rate_ >= max_) return;
      rate_ = std::min(max_, rate_ + kGrowth);
    } else {
      if (now < halved_ + kRest) return;
      halved_ = now;
      rate_ = std::max(min_, rate_ / 2);
    }
    set_interval();
  }

  static constexpr std::chrono::milliseconds kSlack{4};
  static constexpr double kLossy = 0.05;
  // With r answers a second the rate grows by kGrowth * r each second.
  static constexpr double kGrowth = 8;
  // Between two halvings: until then the losses of the lower rate are not known.
  static constexpr std::chrono::milliseconds kRest{250};

 private:
  void set_interval() noexcept {
    if (!(rate_ > 0)) return;
    // The interval is between a nanosecond and an hour. A shorter one limits nothing, and nobody
    // waits for a longer one.
    const double nanoseconds = std::clamp(1e9 / rate_, 1.0, 3600e9);
    every_ = Clock::duration(static_cast<Clock::duration::rep>(nanoseconds));
  }

  double rate_;
  double min_;
  double max_;
  Clock::duration every_{0};
  TimePoint next_{};
  TimePoint halved_{};
};

}  // namespace sluice

#endif
