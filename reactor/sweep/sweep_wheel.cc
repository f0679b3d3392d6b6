#include "sweep_wheel.h"

#include <algorithm>
#include <bit>

namespace sluice {

SweepWheel::SweepWheel(TimePoint now) noexcept : start_(now) {}

// An entry that is due within a tick is taken after the end of the tick, so never early.
std::int64_t SweepWheel::tick_of(TimePoint time) const noexcept { return (time - start_) / kTick; }

void SweepWheel::add(Entry& entry, TimePoint look_at) noexcept {
  entry.look_at_ = look_at;
  put(entry);
}

void SweepWheel::put(Entry& entry) noexcept {
  // An entry that is due already is taken at the next tick. Otherwise a caller that adds entries
  // while it takes them might never finish.
  const std::size_t slot = slot_of(std::max(tick_of(entry.look_at_), today_));
  slots_[slot].push_back(entry);
  used_[slot / kWordBits] |= std::uint64_t{1} << (slot % kWordBits);
}

SweepWheel::Entry* SweepWheel::take_due(TimePoint now) noexcept {
  today_ = std::max(today_, tick_of(now));
  for (;;) {
    while (!due_.empty()) {
      Entry& entry = due_.front();
      entry.unlink();
      if (tick_of(entry.look_at_) < today_) return &entry;
      put(entry);  // in a later revolution of the wheel
    }
    if (passed_ >= today_) return nullptr;
    // After a long sleep each slot is emptied once, not once for each revolution.
    passed_ = std::max(passed_, today_ - static_cast<std::int64_t>(kSlots));
    const std::size_t slot = slot_of(passed_++);
    due_.take(slots_[slot]);
    used_[slot / kWordBits] &= ~(std::uint64_t{1} << (slot % kWordBits));
  }
}

std::optional<TimePoint> SweepWheel::next() noexcept {
  if (!due_.empty()) return start_ + passed_ * kTick;
  for (std::size_t ahead = 0; ahead < kSlots;) {
    const std::int64_t tick = passed_ + static_cast<std::int64_t>(ahead);
    const std::size_t slot = slot_of(tick);
    std::uint64_t& word = used_[slot / kWordBits];
    const std::uint64_t rest = word >> (slot % kWordBits);
    if (rest == 0) {
      ahead += kWordBits - slot % kWordBits;
      continue;
    }
    const auto skip = static_cast<std::size_t>(std::countr_zero(rest));
    const std::size_t found = slot + skip;
    if (slots_[found].empty()) {
      word &= ~(std::uint64_t{1} << (found % kWordBits));
      continue;
    }
    if (ahead + skip >= kSlots) break;
    return start_ + (tick + static_cast<std::int64_t>(skip) + 1) * kTick;
  }
  return std::nullopt;
}

}  // namespace sluice
