// The round-trip time of a path, and how many probes it may carry at once.
//
// What it is: two pure values; the caller passes events and their times. The estimator is that of
// RFC 6298. The window starts large, because a probe has only sixty bytes. It grows with the number
// of answers, and shrinks when the share of lost probes rises. A single lost probe does not
// indicate congestion, nor does a path that always loses some: if half the load brings half the
// answers and the same share of losses, the loss does not depend on the load, and the window is
// restored.
// A missing answer alone means nothing here. A probe counts as lost if a later attempt at the same
// target was answered.
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
  [[nodiscard]] Microseconds min() const noexcept { return min_; }
  // The smoothed time plus four deviations. REQUIRES: known().
  [[nodiscard]] Microseconds timeout() const noexcept;

 private:
  static constexpr Microseconds kGranularity{1000};
  bool known_ = false;
  Microseconds smoothed_{0};
  Microseconds deviation_{0};
  Microseconds min_{0};
};

class SweepWindow {
 public:
  using Microseconds = std::chrono::microseconds;
  struct Limits {
    std::size_t start = 512;
    std::size_t max = 8192;
    std::chrono::milliseconds timeout{100};  // the minimum timeout of an attempt
  };
  static constexpr std::size_t kMinSize = 16;

  explicit SweepWindow(const Limits& limits) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }
  [[nodiscard]] const SweepRtt& rtt() const noexcept { return rtt_; }
  // How long a probe or its answer may still be on the path after it was sent.
  [[nodiscard]] Microseconds age() const noexcept;
  // The share of recent attempts that were lost, of those whose result is known.
  [[nodiscard]] double loss() const noexcept;

  void launched(TimePoint now) noexcept;
  // An attempt that was sent at `sent` was answered at `now`. `clean`: the answer cannot be to a
  // retransmission of the kernel (Karn's algorithm). REQUIRES: now >= sent.
  void answered(TimePoint sent, TimePoint now, bool clean) noexcept;
  // A later attempt at the same target was answered, so this one was lost.
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
  // Recent results. Both are halved when their sum becomes large.
  unsigned recently_answered_ = 0;
  unsigned recently_lost_ = 0;
  // The cohort: the attempts sent in a period, whose results are counted until the verdict.
  TimePoint cohort_start_ = TimePoint::min();
  TimePoint cohort_end_ = TimePoint::max();
  TimePoint verdict_at_ = TimePoint::max();
  int cohort_trips_ = 1;
  unsigned cohort_answered_ = 0;
  unsigned cohort_lost_ = 0;
  double tolerated_ = 0;  // the share that the path loses at any load
  // While a test is running: the values before the load was halved.
  bool testing_ = false;
  bool slow_start_before_ = false;
  double size_before_ = 0;
  double share_before_ = 0;
  double rate_before_ = 0;  // answers a second
};

}  // namespace sluice

#endif
