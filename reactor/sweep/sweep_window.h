// How long a path takes to answer, and how many probes it carries at once.
//
// What it is: two pure values, told what happened and when. The estimator is RFC 6298's. The window
// starts generously, because a probe is sixty bytes; it grows by what is answered, and shrinks when
// the share of lost probes rises. One lost probe is not congestion, and neither is a path that
// always loses some: when half the load brings half the answers and loses as large a share, the
// loss is not of our making, and the window comes back.
// What a probe's silence means is not known here: lost is what a later attempt found answered.
// Thread: plain values.
// Source: RFC 6298; RFC 5681 for slow start and multiplicative decrease.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_WINDOW_H
#define SLUICE_REACTOR_SWEEP_SWEEP_WINDOW_H

#include <chrono>
#include <cstddef>

#include "../base/timer_queue.h"

namespace sluice {

class SweepRtt {
 public:
  using Microseconds = std::chrono::microseconds;

  void sample(Microseconds rtt) noexcept;
  [[nodiscard]] bool known() const noexcept { return known_; }
  [[nodiscard]] Microseconds smoothed() const noexcept { return smoothed_; }
  [[nodiscard]] Microseconds least() const noexcept { return least_; }
  // The smoothed time and four deviations. REQUIRES: known().
  [[nodiscard]] Microseconds timeout() const noexcept;

 private:
  static constexpr Microseconds kGranularity{1000};
  bool known_ = false;
  Microseconds smoothed_{0};
  Microseconds deviation_{0};
  Microseconds least_{0};
};

class SweepWindow {
 public:
  using Microseconds = std::chrono::microseconds;
  struct Limits {
    std::size_t start = 512;
    std::size_t most = 8192;
    std::chrono::milliseconds timeout{100};  // what an attempt is waited for at least
  };
  static constexpr std::size_t kMinSize = 16;

  explicit SweepWindow(const Limits& limits) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }
  [[nodiscard]] const SweepRtt& rtt() const noexcept { return rtt_; }
  // How long after it was sent a probe may still be on the path, or its answer.
  [[nodiscard]] Microseconds age() const noexcept;
  // The share of late that was lost of the attempts whose fate is known.
  [[nodiscard]] double loss() const noexcept;

  void launched(TimePoint now) noexcept;
  // The attempt of `sent` was answered at `now`. REQUIRES: now >= sent. `clean`: by the answer to
  // this very attempt, and not to another one that the kernel made of it (Karn's rule).
  void answered(TimePoint sent, TimePoint now, bool clean) noexcept;
  // A later attempt at the same target was answered: this one was lost.
  void lost(TimePoint sent, TimePoint now) noexcept;

 private:
  void count(TimePoint sent, TimePoint now, bool was_lost) noexcept;
  void grow() noexcept;
  void judge(TimePoint now) noexcept;
  void judge_test(double share, double rate) noexcept;
  [[nodiscard]] bool queue_builds_up() const noexcept;
  void begin_cohort(TimePoint now) noexcept;

  Limits limits_;
  SweepRtt rtt_;
  double size_;
  double ceiling_;  // of slow start, until the next verdict
  bool slow_start_ = true;
  unsigned launches_ = 0;  // since the last answer
  // Of late: both are halved when there are many.
  unsigned lately_answered_ = 0;
  unsigned lately_lost_ = 0;
  // The cohort: the attempts sent in a span of time, whose fates are counted until the verdict.
  TimePoint cohort_start_ = TimePoint::min();
  TimePoint cohort_end_ = TimePoint::max();
  TimePoint verdict_at_ = TimePoint::max();
  int cohort_trips_ = 1;
  unsigned cohort_answered_ = 0;
  unsigned cohort_lost_ = 0;
  double tolerated_ = 0;  // the share that the path loses whatever the load
  // A test is under way: what it was before the load was halved.
  bool testing_ = false;
  bool slow_start_before_ = false;
  double size_before_ = 0;
  double share_before_ = 0;
  double rate_before_ = 0;  // answers a second
};

}  // namespace sluice

#endif
