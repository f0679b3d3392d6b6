// Deadlines in order: a binary heap of timers that know their own place in it.
//
// What it is: a pure data structure. A Loop has one and arms a single libev timer for its head. We
// do not use libev's heap, so that a loop on virtual time runs the same timers.
// Thread: one. Errors: add() may throw std::bad_alloc.
// Cost: add, remove O(log n); head O(1).
#ifndef SLUICE_REACTOR_BASE_TIMER_QUEUE_H
#define SLUICE_REACTOR_BASE_TIMER_QUEUE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "export.h"

namespace sluice {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

// `time` + `by`, or TimePoint::max() where the sum would overflow. Less than 0 counts as 0.
constexpr TimePoint later(TimePoint time, std::chrono::milliseconds by) noexcept {
  if (by.count() <= 0) return time;
  const auto left = std::chrono::floor<std::chrono::milliseconds>(TimePoint::max() - time);
  return by >= left ? TimePoint::max() : time + by;
}

class TimerQueue {
 public:
  // REQUIRES: removed before it is destroyed.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    [[nodiscard]] bool queued() const noexcept { return place_ != kNowhere; }
    [[nodiscard]] TimePoint due() const noexcept { return due_; }

   protected:
    virtual ~Entry() = default;

   private:
    friend class TimerQueue;
    friend class Loop;
    virtual void expire() = 0;  // already out of the queue; may add itself again, or be destroyed
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
    TimePoint due_{};
    std::uint64_t sequence_ = 0;  // equal deadlines expire in the order they were added
    std::size_t place_ = kNowhere;
  };

  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  // REQUIRES: not empty.
  [[nodiscard]] TimePoint head() const noexcept { return heap_.front()->due_; }

  void add(Entry& entry, TimePoint due);             // moves an entry that is queued already
  SLUICE_EXPORT void remove(Entry& entry) noexcept;  // does nothing when it is not queued
  // The number of calls of add().
  [[nodiscard]] std::uint64_t adds() const noexcept { return sequence_; }
  // Removes and returns the first entry that is due at `now`. Null when none is due, or when it was
  // added after the first `adds`.
  Entry* take_due(TimePoint now, std::uint64_t adds = static_cast<std::uint64_t>(-1)) noexcept;

 private:
  [[nodiscard]] static bool before(const Entry& a, const Entry& b) noexcept;
  void put(std::size_t place, Entry* entry) noexcept;
  void sift_up(std::size_t place) noexcept;
  void sift_down(std::size_t place) noexcept;

  std::vector<Entry*> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace sluice

#endif
