// How long an answer may take before its question, or the answer, has probably been lost.
//
// What it is: a value that learns from round trips, as TCP does: their smoothed mean and four times
// their mean deviation. It says nothing until it knows kSamples of them. It also counts questions
// that were asked again: if more than one in kLostShare got no answer in time, the server is slow
// rather than the path lossy, so it forgets all and learns again.
// Thread: any. Source: RFC 6298, 2.
#ifndef SLUICE_REACTOR_NAMES_DNS_PATIENCE_H
#define SLUICE_REACTOR_NAMES_DNS_PATIENCE_H

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "../base/timer_queue.h"

namespace sluice {

class DnsPatience {
 public:
  // A server that is busy for a moment is not asked again.
  static constexpr std::chrono::milliseconds kLeast{50};
  static constexpr std::size_t kSamples = 16;
  static constexpr std::size_t kGroup = 32;  // of short tries, which are judged together
  static constexpr std::size_t kLostShare = 8;

  // Nothing while too little is known.
  [[nodiscard]] std::optional<Clock::duration> enough() const noexcept {
    if (samples_ < kSamples) return {};
    return std::max<Clock::duration>(kLeast, mean_ + 4 * deviation_);
  }

  void answered(Clock::duration round_trip) noexcept {
    if (samples_++ == 0) {
      mean_ = round_trip;
      deviation_ = round_trip / 2;
      return;
    }
    const Clock::duration off = round_trip > mean_ ? round_trip - mean_ : mean_ - round_trip;
    deviation_ += (off - deviation_) / 4;
    mean_ += (round_trip - mean_) / 8;
  }

  // A try has ended for which it was waited no longer than enough().
  void short_try_ended(bool was_answered) noexcept {
    if (!was_answered) ++unanswered_;
    if (++short_tries_ < kGroup) return;
    if (unanswered_ * kLostShare > short_tries_) samples_ = 0;
    short_tries_ = unanswered_ = 0;
  }

 private:
  Clock::duration mean_{};
  Clock::duration deviation_{};
  std::size_t samples_ = 0;
  std::size_t short_tries_ = 0;
  std::size_t unanswered_ = 0;
};

}  // namespace sluice

#endif
