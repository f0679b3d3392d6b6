#include "sweep_window.h"

#include <algorithm>
#include <cmath>

namespace sluice {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

// Before anything is known of a path. Most hosts are nearer than this.
constexpr microseconds kUnknownAge{250'000};
// The minimum age: a turn of the loop may take as long.
constexpr microseconds kMinAge{10'000};
// If most targets are silent, one answer stands for others that were sent with it, up to a limit.
constexpr unsigned kMaxVouched = 16;
// Additive increase: the window's probes a second grow by this number each second, regardless of
// the round-trip time. TCP's one segment of 1,460 bytes a round trip would take a minute for a rate
// that probes of sixty bytes may safely reach in a second.
constexpr double kGrowthPerSecond = 1280;
// Slow start may grow by this factor before the results of its probes are known.
constexpr double kSlowStartFactor = 4;
// The minimum number of results for a verdict.
constexpr unsigned kMinSample = 128;
// The maximum number of recent results.
constexpr unsigned kMaxRecent = 4096;
// A cohort lasts at most this many round trips.
constexpr int kMaxTrips = 64;
// A rise of the loss by less than this is within what any path shows at times.
constexpr double kTolerance = 0.05;
// After the load was halved: the load had caused the loss if the share fell to this part of the
// previous one, or if this part of the answers remained, so that the other half of the load had
// brought little.
constexpr double kLossFell = 0.7;
constexpr double kAnswersStayed = 0.75;
// A queue has built up if answers take this many times longer than the fastest one, plus the slack.
constexpr int kQueueFactor = 2;
constexpr microseconds kQueueSlack{50'000};

}  // namespace

void SweepRtt::sample(microseconds rtt) noexcept {
  if (!known_) {
    known_ = true;
    smoothed_ = min_ = rtt;
    deviation_ = rtt / 2;
    return;
  }
  const microseconds error = rtt > smoothed_ ? rtt - smoothed_ : smoothed_ - rtt;
  deviation_ += (error - deviation_) / 4;
  smoothed_ += (rtt - smoothed_) / 8;
  min_ = std::min(min_, rtt);
}

microseconds SweepRtt::timeout() const noexcept {
  return smoothed_ + std::max(kGranularity, 4 * deviation_);
}

SweepWindow::SweepWindow(const Limits& limits) noexcept
    : limits_(limits),
      size_(static_cast<double>(std::max<std::size_t>(1, std::min(limits.start, limits.max)))),
      ceiling_(kSlowStartFactor * size_) {}

microseconds SweepWindow::age() const noexcept {
  return rtt_.known() ? std::max(kMinAge, rtt_.timeout()) : kUnknownAge;
}

void SweepWindow::launched(TimePoint now) noexcept {
  ++launches_;
  if (cohort_start_ == TimePoint::min()) cohort_start_ = now;
}

bool SweepWindow::queue_builds_up() const noexcept {
  return rtt_.known() && rtt_.smoothed() > kQueueFactor * rtt_.min() + kQueueSlack;
}

void SweepWindow::answered(TimePoint sent, TimePoint now, bool clean) noexcept {
  const bool first = verdict_at_ == TimePoint::max();
  if (clean) {
    rtt_.sample(std::chrono::duration_cast<microseconds>(now - sent));
  }
  if (first) {
    // The probes that were sent before the first answer are the first cohort.
    cohort_end_ = now;
    verdict_at_ = now + limits_.timeout + 2 * age();
  }
  count(sent, now, false);
  grow();
}

void SweepWindow::lost(TimePoint sent, TimePoint now) noexcept { count(sent, now, true); }

void SweepWindow::grow() noexcept {
  const double vouched = std::clamp(launches_, 1U, kMaxVouched);
  launches_ = 0;
  if (testing_) return;  // the load must stay halved until the verdict
  // A slow turn of our own loop also increases the times. Then it is right not to add to the load.
  if (queue_builds_up()) {
    slow_start_ = false;
    return;
  }
  const auto max = static_cast<double>(limits_.max);
  if (!slow_start_) {
    // The round-trip time without queues: otherwise queues would accelerate the growth.
    const auto way = std::max(kMinAge, rtt_.min());
    const double trip = std::chrono::duration<double>(way).count();
    size_ = std::min(max, size_ + vouched * kGrowthPerSecond * trip / size_);
  } else if (size_ < ceiling_) {
    size_ = std::min({max, ceiling_, size_ + vouched});
  }
}

double SweepWindow::loss() const noexcept {
  const unsigned known = recently_answered_ + recently_lost_;
  return known == 0 ? 0 : static_cast<double>(recently_lost_) / known;
}

void SweepWindow::count(TimePoint sent, TimePoint now, bool was_lost) noexcept {
  ++(was_lost ? recently_lost_ : recently_answered_);
  if (recently_answered_ + recently_lost_ > kMaxRecent) {
    recently_answered_ /= 2;
    recently_lost_ /= 2;
  }
  if (sent >= cohort_start_ && sent < cohort_end_) ++(was_lost ? cohort_lost_ : cohort_answered_);
  if (now >= verdict_at_) judge(now);
}

void SweepWindow::begin_cohort(TimePoint now) noexcept {
  const microseconds trip = age();
  const microseconds given_up = std::max<microseconds>(limits_.timeout, trip);
  cohort_answered_ = cohort_lost_ = 0;
  // The cohort of a test begins when the queues of the full load are empty and the probes that it
  // lost have been retried.
  cohort_start_ = testing_ ? now + given_up + trip : now;
  cohort_end_ = cohort_start_ + cohort_trips_ * trip;
  // Until the last probe of the cohort has timed out and its retry has been answered.
  verdict_at_ = cohort_end_ + given_up + 2 * trip;
}

void SweepWindow::judge(TimePoint now) noexcept {
  const unsigned fates = cohort_answered_ + cohort_lost_;
  if (fates < kMinSample) {
    // Few answers: a longer cohort collects more of them.
    cohort_trips_ = std::min(2 * cohort_trips_, kMaxTrips);
    return begin_cohort(now);
  }
  cohort_trips_ = 1;
  const double share = static_cast<double>(cohort_lost_) / fates;
  const auto span = std::chrono::duration<double>(cohort_end_ - cohort_start_).count();
  const double rate = static_cast<double>(cohort_answered_) / std::max(span, 1e-6);
  const double noise = 3 * std::sqrt(tolerated_ * (1 - tolerated_) / fates);
  if (testing_) {
    judge_test(share, rate);
  } else if (share > tolerated_ + kTolerance + noise) {
    testing_ = true;
    slow_start_before_ = slow_start_;
    size_before_ = size_;
    share_before_ = share;
    rate_before_ = rate;
    slow_start_ = false;
    size_ = std::max(static_cast<double>(std::min(kMinSize, limits_.max)), size_ / 2);
  } else {
    tolerated_ = std::min(tolerated_, (tolerated_ + share) / 2);
    ceiling_ = kSlowStartFactor * size_;
  }
  begin_cohort(now);
}

void SweepWindow::judge_test(double share, double rate) noexcept {
  testing_ = false;
  const bool was_the_load =
      share <= kLossFell * share_before_ || rate >= kAnswersStayed * rate_before_;
  if (was_the_load) return;  // the window stays halved
  tolerated_ = share;
  slow_start_ = slow_start_before_;
  size_ = size_before_;
  ceiling_ = kSlowStartFactor * size_;
}

}  // namespace sluice
