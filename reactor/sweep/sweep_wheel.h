// A timer wheel for very many entries: a list for each tick.
//
// What it is: a pure data structure; the caller passes the time. Adding and removing take a few
// pointer writes, regardless of the number of entries. One timer, for next(), serves all of them.
// Lifetime: an entry's destructor removes it from the wheel.
// Thread: one at a time. Units: a tick is two milliseconds. No entry is due early, or more than a
// tick late.
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
  // An element of the wheel. unlink() removes it at any time.
  class Entry : public SweepNode {
   public:
    [[nodiscard]] TimePoint look_at() const noexcept { return look_at_; }

   private:
    friend class SweepWheel;
    TimePoint look_at_{};
  };

  explicit SweepWheel(TimePoint now) noexcept;

  void add(Entry& entry, TimePoint look_at) noexcept;  // moves it if it is in the wheel already
  // Removes and returns an entry that is due at `now`. Null if none is due.
  Entry* take_due(TimePoint now) noexcept;
  // When to call take_due() next; nothing if the wheel is empty. The time may be too early if an
  // entry is more than one revolution ahead.
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
  std::int64_t passed_ = 0;  // the slots before this tick have been emptied into due_
  SweepList<Entry> due_;
  std::array<SweepList<Entry>, kSlots> slots_;
  // Which slots may have entries. An entry that unlinks itself leaves the bit set.
  std::array<std::uint64_t, kSlots / kWordBits> used_{};
};

}  // namespace sluice

#endif
