#include "sweep_window.h"

#include <algorithm>
#include <cmath>

namespace sluice {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

// Before anything is known of a path: most of the world is nearer.
constexpr microseconds kUnknownAge{250'000};
// A path that is nearer than this is not worth a finer look; a loop's turn may take as long.
constexpr microseconds kMinAge{10'000};
// Among silent targets one answer speaks for those that were sent beside it, but not for many.
constexpr unsigned kMaxVouched = 16;
// Additive increase: the window's probes a second grow by so many each second, however far the path
// goes. One a round trip, as for TCP's segments of 1,460 bytes, would take a minute for what probes
// of sixty bytes may safely do in a second.
constexpr double kGrowthPerSecond = 1280;
// Slow start may grow so much before the fate of what it sent is known.
constexpr double kSlowStartFactor = 4;
// A verdict needs so many fates.
constexpr unsigned kEnough = 128;
// What happened lately: to so many attempts at most.
constexpr unsigned kLately = 4096;
// A cohort is what is sent in so many round trips at most.
constexpr int kMaxTrips = 64;
// Above what is tolerated on the path; less is within what any path does at times.
constexpr double kTolerance = 0.05;
// After the load was halved, it was the load when the share that is lost fell to this part of what
// it was, or when there are nearly as many answers as before: the other half was for nothing.
constexpr double kLossFell = 0.7;
constexpr double kAnswersStayed = 0.75;
// A queue has built up when answers take so much longer than the fastest one.
constexpr int kQueueFactor = 2;
constexpr microseconds kQueueSlack{50'000};

}  // namespace

void SweepRtt::sample(microseconds rtt) noexcept {
  if (!known_) {
    known_ = true;
    smoothed_ = least_ = rtt;
    deviation_ = rtt / 2;
    return;
  }
  const microseconds error = rtt > smoothed_ ? rtt - smoothed_ : smoothed_ - rtt;
  deviation_ += (error - deviation_) / 4;
  smoothed_ += (rtt - smoothed_) / 8;
  least_ = std::min(least_, rtt);
}

microseconds SweepRtt::timeout() const noexcept {
  return smoothed_ + std::max(kGranularity, 4 * deviation_);
}

SweepWindow::SweepWindow(const Limits& limits) noexcept
    : limits_(limits),
      size_(static_cast<double>(std::max<std::size_t>(1, std::min(limits.start, limits.most)))),
      ceiling_(kSlowStartFactor * size_) {}

microseconds SweepWindow::age() const noexcept {
  return rtt_.known() ? std::max(kMinAge, rtt_.timeout()) : kUnknownAge;
}

void SweepWindow::launched(TimePoint now) noexcept {
  ++launches_;
  if (cohort_start_ == TimePoint::min()) cohort_start_ = now;
}

bool SweepWindow::queue_builds_up() const noexcept {
  return rtt_.known() && rtt_.smoothed() > kQueueFactor * rtt_.least() + kQueueSlack;
}

void SweepWindow::answered(TimePoint sent, TimePoint now, bool clean) noexcept {
  const bool first = verdict_at_ == TimePoint::max();
  if (clean) {
    rtt_.sample(std::chrono::duration_cast<microseconds>(now - sent));
  }
  if (first) {
    // All that was sent before the first answer is the first cohort.
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
  // Our own slowness shows here as well, and is as good a reason not to add to the load.
  if (queue_builds_up()) {
    slow_start_ = false;
    return;
  }
  const auto most = static_cast<double>(limits_.most);
  if (!slow_start_) {
    // The way without its queues: else they would make themselves grow.
    const auto way = std::max(kMinAge, rtt_.least());
    const double trip = std::chrono::duration<double>(way).count();
    size_ = std::min(most, size_ + vouched * kGrowthPerSecond * trip / size_);
  } else if (size_ < ceiling_) {
    size_ = std::min({most, ceiling_, size_ + vouched});
  }
}

double SweepWindow::loss() const noexcept {
  const unsigned known = lately_answered_ + lately_lost_;
  return known == 0 ? 0 : static_cast<double>(lately_lost_) / known;
}

void SweepWindow::count(TimePoint sent, TimePoint now, bool was_lost) noexcept {
  ++(was_lost ? lately_lost_ : lately_answered_);
  if (lately_answered_ + lately_lost_ > kLately) {
    lately_answered_ /= 2;
    lately_lost_ /= 2;
  }
  if (sent >= cohort_start_ && sent < cohort_end_) ++(was_lost ? cohort_lost_ : cohort_answered_);
  if (now >= verdict_at_) judge(now);
}

void SweepWindow::begin_cohort(TimePoint now) noexcept {
  const microseconds trip = age();
  const microseconds given_up = std::max<microseconds>(limits_.timeout, trip);
  cohort_answered_ = cohort_lost_ = 0;
  // What tells of the halved load is sent when the queues that the whole one filled are empty, and
  // what it lost has been tried again.
  cohort_start_ = testing_ ? now + given_up + trip : now;
  cohort_end_ = cohort_start_ + cohort_trips_ * trip;
  // Until the last of the cohort was given up, tried again and answered.
  verdict_at_ = cohort_end_ + given_up + 2 * trip;
}

void SweepWindow::judge(TimePoint now) noexcept {
  const unsigned fates = cohort_answered_ + cohort_lost_;
  if (fates < kEnough) {
    // Few answer: a longer time shows more of them.
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
    size_ = std::max(static_cast<double>(std::min(kMinSize, limits_.most)), size_ / 2);
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
