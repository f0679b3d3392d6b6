// The share of each turn that a resolver may use. It divides its work into small pieces, so that
// other callbacks need not wait long.
//
// Thread: the loop's.
#ifndef SLUICE_REACTOR_NAMES_TURN_SHARE_H
#define SLUICE_REACTOR_NAMES_TURN_SHARE_H

#include <chrono>
#include <cstdint>

#include "../base/timer_queue.h"

namespace sluice {

class TurnShare {
 public:
  static constexpr std::chrono::microseconds kShare{1000};

  // Begins a piece of work. Returns false if the share of this turn is used up. A turn may call
  // this several times.
  [[nodiscard]] bool begin(std::uint64_t turn) noexcept {
    if (turn != turn_) used_ = {};
    turn_ = turn;
    start_ = Clock::now();
    return used_ < kShare;
  }
  // REQUIRES: between begin() and end().
  [[nodiscard]] bool is_left() const noexcept { return Clock::now() - start_ < kShare - used_; }
  void end() noexcept { used_ += Clock::now() - start_; }

 private:
  std::uint64_t turn_ = 0;
  TimePoint start_;
  Clock::duration used_{};
};

}  // namespace sluice

#endif
