// The limit on the bytes a second of all transfers together.
//
// What it is: after each piece of a body, 16 KiB at most as a rule, the gate is closed for the time
// that the piece takes at that rate, and the transfers pause.
// Lifetime: must be destroyed before its loop. Thread: the loop's. Units: bytes a second.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_RATE_GATE_H
#define SLUICE_TOOLS_SLUICE_FETCH_RATE_GATE_H

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"

namespace sluice::tools::fetch {

class RateGate {
 public:
  // `opened` runs in a callback of the loop. A rate of 0 is no limit.
  RateGate(Loop& loop, std::uint64_t rate, std::function<void()> opened)
      : rate_(rate), timer_(loop, std::move(opened)) {}

  [[nodiscard]] bool is_open() const noexcept { return rate_ == 0 || Clock::now() >= free_at_; }
  void spend(std::size_t bytes) {
    if (rate_ == 0) return;
    const auto cost =
        std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate_));
    free_at_ = std::max(free_at_, Clock::now()) + std::chrono::ceil<Clock::duration>(cost);
  }
  // A transfer has found the gate closed: `opened` runs when it is open.
  void wait() {
    if (timer_.running()) return;
    const auto left = std::max(free_at_ - Clock::now(), Clock::duration(0));
    timer_.start(std::chrono::ceil<std::chrono::milliseconds>(left));
  }

 private:
  std::uint64_t rate_;
  TimePoint free_at_{};
  Timer timer_;
};

}  // namespace sluice::tools::fetch

#endif
