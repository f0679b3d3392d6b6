// Lets one report a second through, and counts those it held back.
//
// What it is: what keeps a flood of equal events from becoming a flood of log lines.
// Thread: none of its own.
#ifndef SLUICE_REACTOR_BASE_REPORT_GATE_H
#define SLUICE_REACTOR_BASE_REPORT_GATE_H

#include <chrono>
#include <cstdint>

#include "timer_queue.h"

namespace sluice {

class ReportGate {
 public:
  static constexpr std::chrono::seconds kInterval{1};

  // An event happened. Returns how many the report that is due now stands for; 0: none is due.
  std::uint64_t pass(TimePoint now) noexcept {
    ++held_;
    if (open_before_ && now - last_ < kInterval) return 0;
    open_before_ = true;
    last_ = now;
    const std::uint64_t count = held_;
    held_ = 0;
    return count;
  }

 private:
  TimePoint last_{};
  std::uint64_t held_ = 0;
  bool open_before_ = false;
};

}  // namespace sluice

#endif
