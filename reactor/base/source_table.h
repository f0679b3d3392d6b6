// A value for each of the sources that were seen recently, in a table that never grows.
//
// What it is: sets of kWays slots; the hash of a source, which no peer can choose, names its set. A
// source that is not in its set takes over the slot whose value is full first, with the value as it
// is. So a limit that the values keep holds for any number of sources as if there were
// kMaxSources of them: a peer with more addresses than that gains nothing by taking turns.
// REQUIRES of T: `TimePoint full_at() const`, as TokenBucket has it; a new T is full.
// Thread: any, one at a time. Errors: the constructor may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_BASE_SOURCE_TABLE_H
#define SLUICE_REACTOR_BASE_SOURCE_TABLE_H

#include <cstddef>
#include <span>
#include <vector>

#include "source.h"
#include "timer_queue.h"

namespace sluice {

template <class T>
class SourceTable {
 public:
  static constexpr std::size_t kMaxSources = 1024;

  SourceTable() : slots_(kMaxSources) {}

  // The value of `source`, until the next call for another source.
  [[nodiscard]] T& at(const Source& source) noexcept {
    const std::size_t set = source.hash() % (kMaxSources / kWays);
    const auto slots = std::span(slots_).subspan(set * kWays, kWays);
    Slot* fullest = &slots.front();
    for (Slot& slot : slots) {
      if (slot.source == source) return slot.value;
      if (slot.value.full_at() < fullest->value.full_at()) fullest = &slot;
    }
    fullest->source = source;
    return fullest->value;
  }

 private:
  static constexpr std::size_t kWays = 4;  // the slots that a source may use
  struct Slot {
    Source source;
    T value;
  };
  std::vector<Slot> slots_;
};

}  // namespace sluice

#endif
