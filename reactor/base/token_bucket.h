// A token bucket: limits the rate of events and the size of a burst.
//
// What it is: a pure value of eight bytes, so that each source or member can have one. It starts
// full, loses a token to each event, and regains tokens evenly. It stores only the time at which it
// will be full again, so it needs no timer.
//
//   const TokenRate rate = TokenRate::of(5, std::chrono::seconds(10), 8);   // 5 in 10 s, 8 at once
//   if (!bucket.take(rate, now)) return;                                    // too many
//
// Thread: one. Units: nanoseconds.
// Source: ITU-T I.371, generic cell rate algorithm, in the form of a virtual schedule.
#ifndef SLUICE_REACTOR_BASE_TOKEN_BUCKET_H
#define SLUICE_REACTOR_BASE_TOKEN_BUCKET_H

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "timer_queue.h"

namespace sluice {

struct TokenRate {
  std::chrono::nanoseconds interval{1};  // a token comes back in this time
  std::uint32_t burst = 1;               // tokens in a full bucket

  // `count` tokens in `period`. A value out of range counts as the nearest one that is allowed:
  // count and burst are at least 1, and the period is 1 ns to kMaxPeriod. The maximum rate is a
  // token in 1 ns. If the bucket would take longer than kMaxFill to fill, which is the limit of the
  // clock's type, the burst is reduced and the rate kept.
  static constexpr TokenRate of(std::uint32_t count, std::chrono::nanoseconds period,
                                std::uint32_t burst) noexcept {
    constexpr std::chrono::nanoseconds kOne(1);
    const auto in_range = std::clamp<std::chrono::nanoseconds>(period, kOne, kMaxPeriod);
    const std::chrono::nanoseconds each = std::max(in_range / std::max(count, 1U), kOne);
    const auto most = static_cast<std::uint64_t>(kMaxFill / each);
    return {each, static_cast<std::uint32_t>(std::clamp<std::uint64_t>(burst, 1, most))};
  }
  static constexpr std::chrono::hours kMaxPeriod{24 * 365};
  static constexpr std::chrono::nanoseconds kMaxFill = std::chrono::hours(24 * 365 * 100);
};

class TokenBucket {
 public:
  // When a token will be there if none is taken meanwhile. A time in the past: there is one now.
  [[nodiscard]] TimePoint next(const TokenRate& rate) const noexcept {
    if (full_at_ == TimePoint::min()) return full_at_;
    return full_at_ - rate.interval * (rate.burst - 1);
  }
  // `now` may go backwards.
  [[nodiscard]] bool has(const TokenRate& rate, TimePoint now) const noexcept {
    return next(rate) <= now;
  }
  // Takes a token; returns false and changes nothing when there is none.
  bool take(const TokenRate& rate, TimePoint now) noexcept {
    if (!has(rate, now)) return false;
    full_at_ = std::max(full_at_, now) + rate.interval;
    return true;
  }
  // Takes a token that may not be there yet, and returns when it will be: now, or later. What
  // others take meanwhile comes after it.
  TimePoint reserve(const TokenRate& rate, TimePoint now) noexcept {
    const TimePoint due = std::max(next(rate), now);
    full_at_ = std::max(full_at_, now) + rate.interval;
    return due;
  }
  // Undoes a reserve() of the same rate.
  void give_back(const TokenRate& rate) noexcept {
    if (full_at_ != TimePoint::min()) full_at_ -= rate.interval;
  }
  // When it will be full if no token is taken. A time in the past: it is full.
  [[nodiscard]] TimePoint full_at() const noexcept { return full_at_; }

 private:
  TimePoint full_at_ = TimePoint::min();
};

}  // namespace sluice

#endif
