#include "timer_queue.h"

namespace sluice {

bool TimerQueue::before(const Entry& a, const Entry& b) noexcept {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.sequence_ < b.sequence_;
}

void TimerQueue::put(std::size_t place, Entry* entry) noexcept {
  heap_[place] = entry;
  entry->place_ = place;
}

void TimerQueue::sift_up(std::size_t place) noexcept {
  Entry* entry = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(*entry, *heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void TimerQueue::sift_down(std::size_t place) noexcept {
  Entry* entry = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *entry)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

void TimerQueue::add(Entry& entry, TimePoint due) {
  remove(entry);
  heap_.push_back(&entry);
  entry.due_ = due;
  entry.sequence_ = sequence_++;
  sift_up(heap_.size() - 1);
}

void TimerQueue::remove(Entry& entry) noexcept {
  if (!entry.queued()) return;
  const std::size_t place = entry.place_;
  entry.place_ = Entry::kNowhere;
  Entry* last = heap_.back();
  heap_.pop_back();
  if (last == &entry) return;
  // The last entry may belong above or below the hole; one of the two does nothing.
  put(place, last);
  sift_up(place);
  sift_down(last->place_);
}

TimerQueue::Entry* TimerQueue::take_due(TimePoint now, std::uint64_t adds) noexcept {
  if (heap_.empty() || heap_.front()->due_ > now) return nullptr;
  Entry* entry = heap_.front();
  if (entry->sequence_ >= adds) return nullptr;
  remove(*entry);
  return entry;
}

}  // namespace sluice
