// Counters that one thread writes and every thread may read, without a lock.
//
// What it is: a counter is a plain std::uint64_t. Its own thread adds to it with a load and a store
// of its own, which cost no more than those of any variable, and reads it as it likes. Other
// threads read it with count_of().
// Thread: count_up() and set_count(): the one that owns the counter. count_of(): any.
// Where a processor cannot store 64 bits at once, count_of() may return a mix of two values.
#ifndef SLUICE_REACTOR_BASE_COUNTING_H
#define SLUICE_REACTOR_BASE_COUNTING_H

#include <atomic>
#include <cstdint>

namespace sluice::detail {

using AtomicCount = std::atomic_ref<std::uint64_t>;
inline constexpr bool kStoresAtOnce =
    AtomicCount::is_always_lock_free && AtomicCount::required_alignment <= alignof(std::uint64_t);

inline void set_count(std::uint64_t& counter, std::uint64_t value) noexcept {
  if constexpr (kStoresAtOnce) {
    AtomicCount(counter).store(value, std::memory_order_relaxed);
  } else {
    counter = value;
  }
}

inline void count_up(std::uint64_t& counter, std::uint64_t by = 1) noexcept {
  set_count(counter, counter + by);
}

inline void count_down(std::uint64_t& counter) noexcept { set_count(counter, counter - 1); }

[[nodiscard]] inline std::uint64_t count_of(const std::uint64_t& counter) noexcept {
  if constexpr (kStoresAtOnce) {
    // There is no atomic_ref of a constant; nothing is written.
    return AtomicCount(const_cast<std::uint64_t&>(counter)).load(std::memory_order_relaxed);
  } else {
    return counter;
  }
}

}  // namespace sluice::detail

#endif
