// Finds the turns that took long, and the callback that took most of each.
//
// What it is: reads the coarse clock after each callback, so that all callbacks of a short turn
// look as if they had taken no time. The turn itself is measured exactly.
// Lifetime: a part of its loop. REQUIRES: what `where` names lives until end().
// Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_TURN_TURN_WATCH_H
#define SLUICE_REACTOR_LOOP_TURN_TURN_WATCH_H

#include <cstdint>
#include <string_view>

#include "../../base/report.h"
#include "../../base/timer_queue.h"
#include "../coarse_clock.h"

namespace sluice {

class TurnWatch {
 public:
  void begin(TimePoint now) noexcept {
    began_ = mark_ = now;
    longest_ = {};
    slowest_ = {};
  }
  // A callback of that name has returned.
  void note(std::string_view where) noexcept {
    const TimePoint now = coarse_now();
    if (now <= mark_) return;
    if (now - mark_ > longest_) {
      longest_ = now - mark_;
      slowest_ = where;
    }
    mark_ = now;
  }
  [[nodiscard]] TimePoint began() const noexcept { return began_; }
  // Counts a slow turn. False when one was reported less than a second ago: then this one is
  // reported with the next one.
  [[nodiscard]] bool may_report(TimePoint now) noexcept;
  // The report of this turn, which took so long, and of those that were not reported. Throws
  // std::bad_alloc.
  [[nodiscard]] Report describe(Clock::duration took);

 private:
  TimePoint began_{};
  TimePoint mark_{};
  Clock::duration longest_{};
  std::string_view slowest_;
  TimePoint next_report_ = TimePoint::min();
  std::uint64_t unreported_ = 0;
};

}  // namespace sluice

#endif
