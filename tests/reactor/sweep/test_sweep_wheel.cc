// The timer wheel and its list.
#include <algorithm>
#include <chrono>
#include <deque>
#include <random>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_list.h"
#include "reactor/sweep/sweep_wheel.h"

using sluice::SweepList;
using sluice::SweepNode;
using sluice::SweepWheel;
using sluice::TimePoint;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr TimePoint kStart{std::chrono::hours(7)};

struct Number : SweepNode {
  explicit Number(int of) : value(of) {}
  int value;
};

std::vector<int> taken_from(SweepList<Number>& list) {
  std::vector<int> values;
  while (!list.empty()) {
    values.push_back(list.front().value);
    list.front().unlink();
  }
  return values;
}

struct Look : SweepWheel::Entry {
  TimePoint due{};
  TimePoint taken{};
};

}  // namespace

Test(sweep_list, keeps_its_order_and_unlinks_its_members) {
  SweepList<Number> list;
  Number one(1), two(2), three(3), four(4);
  list.push_back(two);
  list.push_back(three);
  list.push_front(one);
  list.push_back(four);
  three.unlink();
  cr_expect(!three.linked() && two.linked());
  cr_expect(taken_from(list) == std::vector<int>({1, 2, 4}));
  {
    Number gone(9);
    list.push_back(gone);
  }
  cr_expect(list.empty());
}

Test(sweep_list, moves_a_member_that_is_linked_already) {
  SweepList<Number> list;
  SweepList<Number> other;
  Number one(1), two(2), three(3);
  list.push_back(one);
  list.push_back(two);
  list.push_back(two);
  list.push_back(one);
  list.push_front(one);
  list.push_front(one);
  other.push_back(three);
  other.push_back(one);
  list.take(other);
  cr_expect(other.empty());
  cr_expect(taken_from(list) == std::vector<int>({2, 3, 1}));
}

Test(sweep_wheel, is_empty_at_first) {
  SweepWheel wheel(kStart);
  cr_expect(!wheel.next());
  cr_expect(wheel.take_due(kStart + std::chrono::hours(1)) == nullptr);
}

Test(sweep_wheel, returns_no_entry_early_or_more_than_a_tick_late) {
  SweepWheel wheel(kStart);
  std::mt19937 random(4);
  std::deque<Look> looks;
  TimePoint now = kStart;
  std::size_t taken = 0;
  for (int step = 0; step < 30'000; ++step) {
    if (step < 20'000) {
      Look& look = looks.emplace_back();
      look.due = now + microseconds(random() % 5'000'000);  // more than one revolution
      wheel.add(look, look.due);
    }
    now += microseconds(random() % 600);
    while (SweepWheel::Entry* const entry = wheel.take_due(now)) {
      Look& look = static_cast<Look&>(*entry);
      look.taken = now;
      ++taken;
      cr_assert(look.due <= now, "early");
      cr_assert(now - look.due <= milliseconds(2) + microseconds(600), "late");
    }
  }
  while (wheel.take_due(now + seconds(9)) != nullptr) ++taken;
  cr_expect(taken == 20'000, "%zu", taken);
  cr_expect(!wheel.next());
}

Test(sweep_wheel, computes_when_to_look_next) {
  SweepWheel wheel(kStart);
  for (const int after : {0, 1, 2, 3, 64, 127, 128, 129, 500, 1999, 2047, 2048, 2049, 9000}) {
    SweepWheel fresh(kStart);
    Look look;
    fresh.add(look, kStart + milliseconds(after));
    TimePoint now = kStart;
    unsigned looked = 0;
    while (look.linked()) {
      const auto next = fresh.next();
      cr_assert(next && *next > now, "after %d ms", after);
      now = *next;
      ++looked;
      (void)fresh.take_due(now);
    }
    cr_expect(now >= kStart + milliseconds(after));
    cr_expect(now <= kStart + milliseconds(after + 2), "after %d ms", after);
    cr_expect(looked <= 1U + static_cast<unsigned>(after) / 2000U, "%d ms: %u looks", after,
              looked);
  }
}

Test(sweep_wheel, forgets_an_entry_that_unlinks_itself) {
  SweepWheel wheel(kStart);
  Look near;
  Look far;
  wheel.add(near, kStart + milliseconds(10));
  wheel.add(far, kStart + milliseconds(300));
  near.unlink();
  cr_assert(wheel.next().has_value());
  cr_expect(*wheel.next() >= kStart + milliseconds(300));
  far.unlink();
  cr_expect(!wheel.next());
}

Test(sweep_wheel, moves_an_entry_that_is_added_again) {
  SweepWheel wheel(kStart);
  Look look;
  wheel.add(look, kStart + milliseconds(10));
  wheel.add(look, kStart + milliseconds(50));
  cr_expect(wheel.take_due(kStart + milliseconds(40)) == nullptr);
  wheel.add(look, kStart + milliseconds(41));
  cr_expect(wheel.take_due(kStart + milliseconds(44)) == &look);
}

// A caller that adds entries while it takes the due ones must be able to finish.
Test(sweep_wheel, leaves_entries_that_are_due_when_added_for_the_next_tick) {
  SweepWheel wheel(kStart);
  Look look;
  wheel.add(look, kStart);
  const TimePoint now = kStart + milliseconds(100);
  cr_assert(wheel.take_due(now) == &look);
  wheel.add(look, kStart);
  cr_expect(wheel.take_due(now) == nullptr);
  cr_expect(wheel.take_due(now + milliseconds(2)) == &look);
}

Test(sweep_wheel, returns_all_entries_after_a_long_sleep) {
  SweepWheel wheel(kStart);
  std::deque<Look> looks(3000);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    wheel.add(looks[i], kStart + milliseconds(3) * static_cast<int>(i));
  }
  std::size_t taken = 0;
  while (wheel.take_due(kStart + std::chrono::hours(48)) != nullptr) ++taken;
  cr_expect(taken == looks.size());
}
