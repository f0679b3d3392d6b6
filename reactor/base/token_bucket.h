// At most so many events in a time, with so many at once: a token bucket.
//
// What it is: a pure value of eight bytes, so that there can be one for each source or member. It
// is full at first, loses a token to each event, and regains them evenly. It keeps no count but the
// time at which it is full again, so nothing has to run while nothing happens.
//
//   const TokenRate rate = TokenRate::of(5, std::chrono::seconds(10), 8);   // 5 in 10 s, 8 at once
//   if (!bucket.take(rate, now)) return;                                    // too many
//
// Thread: none of its own. Units: nanoseconds.
// Source: ITU-T I.371, generic cell rate algorithm, in the form of a virtual schedule.
#ifndef SLUICE_REACTOR_BASE_TOKEN_BUCKET_H
#define SLUICE_REACTOR_BASE_TOKEN_BUCKET_H

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdint>

#include "timer_queue.h"

namespace sluice {

struct TokenRate {
  std::chrono::nanoseconds interval{1};  // a token comes back in this time
  std::uint32_t burst = 1;               // tokens in a full bucket

  // `count` tokens in `period`. REQUIRES: count > 0, burst > 0, 0 < period <= kMaxPeriod.
  static constexpr TokenRate of(std::uint32_t count, std::chrono::nanoseconds period,
                                std::uint32_t burst) noexcept {
    assert(count > 0 && burst > 0);
    assert(period.count() > 0 && period <= kMaxPeriod);
    // Not below one: more than a token a nanosecond is as good as no limit. A token that takes
    // longer than `burst` of them may take makes the bucket's time too long for the clock's type.
    const std::chrono::nanoseconds each = std::max(period / count, std::chrono::nanoseconds(1));
    return {std::min(each, kMaxFill / burst), burst};
  }
  static constexpr std::chrono::hours kMaxPeriod{24 * 365};
  static constexpr std::chrono::nanoseconds kMaxFill = std::chrono::hours(24 * 365 * 100);
};

class TokenBucket {
 public:
  // When a token is there, if none is taken meanwhile; a time that has passed: one is.
  [[nodiscard]] TimePoint next(const TokenRate& rate) const noexcept {
    if (full_at_ == TimePoint::min()) return full_at_;
    return full_at_ - rate.interval * (rate.burst - 1);
  }
  // `now` need not go forward: an earlier one counts as it is.
  [[nodiscard]] bool has(const TokenRate& rate, TimePoint now) const noexcept {
    return next(rate) <= now;
  }
  // Takes one; false, and nothing taken, when there is none.
  bool take(const TokenRate& rate, TimePoint now) noexcept {
    if (!has(rate, now)) return false;
    full_at_ = std::max(full_at_, now) + rate.interval;
    return true;
  }
  // When it is full again, if nothing is taken; a time that has passed: it is full.
  [[nodiscard]] TimePoint full_at() const noexcept { return full_at_; }

 private:
  TimePoint full_at_ = TimePoint::min();
};

}  // namespace sluice

#endif
