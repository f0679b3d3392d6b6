// Deadlines in order, compared with a std::multimap over many random operations.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/detail/timer_queue.h>

using sluice::TimePoint;
using sluice::TimerQueue;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

class Entry final : public TimerQueue::Entry {
 private:
  void expire() override {}
};

TimePoint at(long ms) { return TimePoint(milliseconds(ms)); }

}  // namespace

Test(timer_queue, is_empty_at_first) {
  TimerQueue queue;
  cr_expect(queue.empty());
  cr_expect(queue.size() == 0);
  cr_expect(queue.take_due(TimePoint::max()) == nullptr);
  const Entry entry;
  cr_expect(!entry.queued());
}

Test(timer_queue, holds_an_entry_until_it_is_due) {
  TimerQueue queue;
  Entry entry;
  queue.add(entry, at(10));
  cr_expect(entry.queued());
  cr_expect(entry.due() == at(10));
  cr_expect(queue.head() == at(10));
  cr_expect(queue.size() == 1);
  cr_expect(queue.take_due(at(10) - nanoseconds(1)) == nullptr);
  cr_expect(queue.take_due(at(10)) == &entry);
  cr_expect(!entry.queued());
  cr_expect(entry.due() == at(10));
  cr_expect(queue.empty());
  cr_expect(queue.take_due(at(100)) == nullptr);
}

Test(timer_queue, returns_the_entry_that_is_due_first) {
  TimerQueue queue;
  Entry a;
  Entry b;
  Entry c;
  queue.add(a, at(30));
  queue.add(b, at(10));
  queue.add(c, at(20));
  cr_expect(queue.head() == at(10));
  cr_expect(queue.take_due(at(99)) == &b);
  cr_expect(queue.take_due(at(99)) == &c);
  cr_expect(queue.take_due(at(99)) == &a);
}

Test(timer_queue, returns_equal_deadlines_in_the_order_of_their_addition) {
  TimerQueue queue;
  std::vector<Entry> entries(500);
  for (Entry& entry : entries) queue.add(entry, at(5));
  queue.add(entries[3], at(5));  // added again: last
  for (std::size_t i = 0; i < entries.size() - 1; ++i) {
    cr_expect(queue.take_due(at(5)) == &entries[i < 3 ? i : i + 1], "place %zu", i);
  }
  cr_expect(queue.take_due(at(5)) == &entries[3]);
}

Test(timer_queue, moves_an_entry_that_is_added_again) {
  TimerQueue queue;
  Entry a;
  Entry b;
  queue.add(a, at(10));
  queue.add(b, at(20));
  queue.add(a, at(30));
  cr_expect(queue.size() == 2);
  cr_expect(a.due() == at(30));
  cr_expect(queue.head() == at(20));
  queue.add(a, at(5));
  cr_expect(queue.take_due(at(99)) == &a);
  cr_expect(queue.take_due(at(99)) == &b);
}

Test(timer_queue, removes_from_anywhere_and_only_once) {
  for (std::size_t gone = 0; gone < 20; ++gone) {
    TimerQueue queue;
    std::vector<Entry> entries(20);
    for (std::size_t i = 0; i < entries.size(); ++i) queue.add(entries[i], at((i * 7) % 20));
    queue.remove(entries[gone]);
    queue.remove(entries[gone]);
    cr_expect(!entries[gone].queued());
    cr_expect(queue.size() == 19);
    TimePoint last = TimePoint::min();
    for (int i = 0; i < 19; ++i) {
      TimerQueue::Entry* const entry = queue.take_due(at(99));
      cr_assert(entry != nullptr && entry != &entries[gone]);
      cr_expect(entry->due() > last);
      last = entry->due();
    }
    cr_expect(queue.empty());
  }
}

Test(timer_queue, ignores_the_removal_of_an_entry_that_is_not_queued) {
  TimerQueue queue;
  Entry queued;
  Entry other;
  queue.add(queued, at(1));
  queue.remove(other);
  cr_expect(queue.size() == 1);
  cr_expect(queue.take_due(at(1)) == &queued);
  queue.remove(queued);
  cr_expect(queue.empty());
}

Test(timer_queue, accepts_an_entry_again_that_it_has_returned) {
  TimerQueue queue;
  Entry entry;
  queue.add(entry, at(1));
  TimerQueue::Entry* const given = queue.take_due(at(1));
  cr_assert(given == &entry);
  queue.add(*given, at(2));
  cr_expect(queue.take_due(at(1)) == nullptr);
  cr_expect(queue.take_due(at(2)) == &entry);
}

Test(timer_queue, leaves_entries_that_were_added_after_the_given_count) {
  TimerQueue queue;
  Entry a;
  Entry b;
  queue.add(a, at(1));
  queue.add(b, at(2));
  const std::uint64_t adds = queue.adds();
  cr_expect(adds == 2);
  queue.add(a, at(1));
  cr_expect(queue.take_due(at(9), adds) == nullptr, "the first was added anew");
  cr_expect(queue.take_due(at(9), adds + 1) == &a);
  queue.add(a, at(3));
  cr_expect(queue.take_due(at(9), adds) == &b);
  cr_expect(queue.take_due(at(9), adds) == nullptr);
  cr_expect(queue.take_due(at(9)) == &a);
}

Test(timer_queue, limits_a_later_time_to_the_last_one) {
  using sluice::later;
  cr_expect(later(at(5), milliseconds(7)) == at(12));
  cr_expect(later(at(5), milliseconds(-7)) == at(5));
  cr_expect(later(at(5), milliseconds::max()) == TimePoint::max());
  cr_expect(later(TimePoint::max(), milliseconds(1)) == TimePoint::max());
  cr_expect(later(TimePoint::max() - milliseconds(9), milliseconds(9)) == TimePoint::max());
  cr_expect(later(TimePoint::max() - milliseconds(9), milliseconds(8)) ==
            TimePoint::max() - milliseconds(1));
}

Test(timer_queue, orders_the_first_and_the_last_time) {
  TimerQueue queue;
  Entry first;
  Entry last;
  queue.add(last, TimePoint::max());
  queue.add(first, TimePoint::min());
  cr_expect(queue.take_due(TimePoint::min()) == &first);
  cr_expect(queue.take_due(TimePoint::max() - nanoseconds(1)) == nullptr);
  cr_expect(queue.take_due(TimePoint::max()) == &last);
}

Test(timer_queue, is_unchanged_when_memory_is_short) {
  TimerQueue queue;
  std::vector<Entry> entries(100);
  std::size_t added = 0;
  bool threw = false;
  {
    const heap::Shortage shortage(2);
    try {
      for (; added < entries.size(); ++added) queue.add(entries[added], at(1));
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  }
  cr_assert(threw);
  cr_expect(queue.size() == added);
  cr_expect(!entries[added].queued());
  queue.remove(entries[added]);
  for (std::size_t i = 0; i < added; ++i) cr_expect(queue.take_due(at(1)) == &entries[i]);
  cr_expect(queue.empty());
}

Test(timer_queue, needs_no_memory_to_move_an_entry) {
  TimerQueue queue;
  std::vector<Entry> entries(64);  // as many as fill the vector
  for (Entry& entry : entries) queue.add(entry, at(1));
  const heap::Shortage shortage;
  for (Entry& entry : entries) queue.add(entry, at(2));
  cr_expect(queue.size() == 64);
  cr_expect(queue.head() == at(2));
}

Test(timer_queue, agrees_with_a_multimap_over_random_operations) {
  using Model = std::multimap<TimePoint, Entry*>;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::minstd_rand random(seed);
    // A small range of deadlines gives many ties, and a large one few.
    const long spread = seed % 2 == 0 ? 8 : 100000;
    std::vector<Entry> entries(1 + random() % 300);
    std::vector<Model::iterator> places(entries.size());
    TimerQueue queue;
    Model model;
    for (auto& place : places) place = model.end();
    for (int i = 0; i < 5000; ++i) {
      const std::size_t chosen = random() % entries.size();
      Entry& entry = entries[chosen];
      const TimePoint time = at(static_cast<long>(random()) % spread);
      if (const unsigned action = random() % 8; action < 4) {
        if (places[chosen] != model.end()) model.erase(places[chosen]);
        queue.add(entry, time);
        places[chosen] = model.emplace(time, &entry);  // after the equal ones
      } else if (action < 6) {
        if (places[chosen] != model.end()) model.erase(places[chosen]);
        places[chosen] = model.end();
        queue.remove(entry);
      } else {
        Entry* expected = nullptr;
        if (!model.empty() && model.begin()->first <= time) {
          expected = model.begin()->second;
          model.erase(model.begin());
          places[static_cast<std::size_t>(expected - entries.data())] = model.end();
        }
        cr_assert(queue.take_due(time) == expected, "seed %u, operation %d", seed, i);
      }
      cr_assert(queue.size() == model.size(), "seed %u, operation %d", seed, i);
      cr_assert(queue.empty() == model.empty());
      cr_assert(entry.queued() == (places[chosen] != model.end()));
      if (!model.empty()) cr_assert(queue.head() == model.begin()->first);
    }
    while (!model.empty()) {
      cr_assert(queue.take_due(TimePoint::max()) == model.begin()->second, "seed %u", seed);
      model.erase(model.begin());
    }
    cr_expect(queue.empty());
  }
}
