// When to look at which of very many things again: a wheel of lists, one for each tick.
//
// What it is: a pure data structure, told the time. Adding and removing is a few pointer writes,
// whatever is in it; one timer for next() serves all of it.
// Lifetime: an entry leaves the wheel when it goes.
// Thread: none of its own. Units: a tick is two milliseconds; nothing is due early, and nothing
// more than a tick late.
// Source: G. Varghese, T. Lauck, Hashed and Hierarchical Timing Wheels, 1987 (scheme 6).
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_WHEEL_H
#define SLUICE_REACTOR_SWEEP_SWEEP_WHEEL_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "../base/timer_queue.h"
#include "sweep_list.h"

namespace sluice {

class SweepWheel {
 public:
  // What turns with the wheel. unlink() takes it out, at any moment.
  class Entry : public SweepNode {
   public:
    [[nodiscard]] TimePoint look_at() const noexcept { return look_at_; }

   private:
    friend class SweepWheel;
    TimePoint look_at_{};
  };

  explicit SweepWheel(TimePoint now) noexcept;

  void add(Entry& entry, TimePoint look_at) noexcept;  // moves it when it is in already
  // The next one that is due at `now`, taken out; null when none is.
  Entry* take_due(TimePoint now) noexcept;
  // When take_due() is worth a call; nothing when the wheel is empty. It may be too early where an
  // entry is further off than the wheel is round.
  [[nodiscard]] std::optional<TimePoint> next() noexcept;

 private:
  static constexpr std::chrono::milliseconds kTick{2};
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kWordBits = 64;

  [[nodiscard]] std::int64_t tick_of(TimePoint time) const noexcept;
  [[nodiscard]] static std::size_t slot_of(std::int64_t tick) noexcept {
    return static_cast<std::size_t>(tick) % kSlots;
  }
  void put(Entry& entry) noexcept;

  TimePoint start_;
  std::int64_t today_ = 0;   // the tick of the last take_due()
  std::int64_t passed_ = 0;  // up to here slots have been emptied, into due_
  SweepList<Entry> due_;
  std::array<SweepList<Entry>, kSlots> slots_;
  // Which slots may hold something: one that unlinked itself leaves its bit behind.
  std::array<std::uint64_t, kSlots / kWordBits> used_{};
};

}  // namespace sluice

#endif
