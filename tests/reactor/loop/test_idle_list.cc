// Members in order of their last activity, and one timer for the one that has been idle longest.
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include <sluice/detail/idle_list.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Clock;
using sluice::IdleList;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::TimePoint;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(idle_list, .timeout = 20);

namespace {

constexpr milliseconds kDay = std::chrono::hours(24);

LoopOptions virtual_options() {
  LoopOptions options = backend_options();
  options.virtual_time = true;
  return options;
}

// A member that calls the test's function when it expires.
struct Member : IdleList::Node {
  explicit Member(std::function<void()> task = {}) : expired(std::move(task)) {}
  std::function<void()> expired;
};

void expire(IdleList::Node& node) {
  const std::function<void()> task = static_cast<Member&>(node).expired;  // it may destroy the node
  if (task) task();
}

}  // namespace

Test(idle_list, lets_a_node_be_linked_and_unlinked) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(10), expire);
  Member node;
  cr_expect(!node.linked());
  node.unlink();
  list.touch(node);
  cr_expect(node.linked());
  node.unlink();
  cr_expect(!node.linked());
  node.unlink();
  loop.advance(milliseconds(100));
}

Test(idle_list, expires_a_member_that_was_silent_for_the_whole_timeout_and_not_before) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  cr_expect(list.timeout() == milliseconds(100));
  int expired = 0;
  Member node([&] {
    ++expired;
    cr_expect(!node.linked(), "it is unlinked before it expires");
  });
  list.touch(node);
  loop.advance(milliseconds(99));
  cr_expect(expired == 0);
  loop.advance(milliseconds(1));
  cr_expect(expired == 1, "a clock of whole milliseconds is late");
  loop.advance(milliseconds(1000));
  cr_expect(expired == 1);
}

Test(idle_list, starts_again_when_a_member_is_touched) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  int expired = 0;
  Member node([&] { ++expired; });
  for (int i = 0; i < 20; ++i) {
    list.touch(node);
    loop.advance(milliseconds(99));
  }
  cr_expect(expired == 0);
  loop.advance(milliseconds(1));
  cr_expect(expired == 1);
}

Test(idle_list, expires_members_in_order_of_their_last_activity) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  std::string order;
  std::array<Member, 5> nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].expired = [&order, i] { order += static_cast<char>('a' + i); };
    list.touch(nodes[i]);
  }
  list.touch(nodes[4]);  // it is the last one already
  list.touch(nodes[0]);
  list.touch(nodes[2]);
  nodes[1].unlink();
  loop.advance(milliseconds(100));
  cr_expect(order == "deac", "%s", order.c_str());
}

Test(idle_list, expires_no_member_with_a_timeout_of_0) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(0), expire);
  Member node([] { cr_expect(false); });
  list.touch(node);
  cr_expect(!node.linked());
  loop.advance(100 * kDay);
}

Test(idle_list, limits_the_timeout) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds::max(), expire);
  cr_expect(list.timeout() == IdleList::kMaxTimeout);
  int expired = 0;
  Member node([&] { ++expired; });
  list.touch(node);
  loop.advance(IdleList::kMaxTimeout - milliseconds(1));
  cr_expect(expired == 0);
  loop.advance(milliseconds(1));
  cr_expect(expired == 1);
}

Test(idle_list, unlinks_a_member_that_is_destroyed) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  int expired = 0;
  Member first([&] { ++expired; });
  list.touch(first);
  {
    Member second([&] { expired += 100; });
    list.touch(second);
  }
  Member third([&] { ++expired; });
  list.touch(third);
  loop.advance(milliseconds(102));
  cr_expect(expired == 2, "%d", expired);
}

Test(idle_list, unlinks_its_members_when_it_is_destroyed) {
  Loop loop(virtual_options());
  Member node([] { cr_expect(false); });
  {
    IdleList list(loop, milliseconds(100), expire);
    list.touch(node);
  }
  cr_expect(!node.linked());
  loop.advance(milliseconds(200));
  IdleList other(loop, milliseconds(100), expire);
  other.touch(node);
  cr_expect(node.linked());
  node.unlink();
}

Test(idle_list, accepts_a_member_from_another_list) {
  Loop loop(virtual_options());
  IdleList slow(loop, milliseconds(1000), expire);
  IdleList fast(loop, milliseconds(10), expire);
  int expired = 0;
  Member node([&] { ++expired; });
  slow.touch(node);
  fast.touch(node);
  loop.advance(milliseconds(12));
  cr_expect(expired == 1);
  loop.advance(milliseconds(2000));
  cr_expect(expired == 1);
}

Test(idle_list, lets_an_expiring_member_unlink_touch_and_destroy_others) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  std::string order;
  auto destroyed = std::make_unique<Member>([] { cr_expect(false, "it was destroyed"); });
  Member unlinked([] { cr_expect(false, "it was unlinked"); });
  Member touched([&] { order += 't'; });
  Member last([&] { order += 'l'; });
  Member first([&] {
    order += 'f';
    destroyed.reset();
    unlinked.unlink();
    list.touch(touched);
  });
  for (Member* node : {&first, destroyed.get(), &unlinked, &touched, &last}) list.touch(*node);
  loop.advance(milliseconds(102));
  cr_expect(order == "fl", "%s", order.c_str());
  cr_expect(touched.linked());
  loop.advance(milliseconds(102));
  cr_expect(order == "flt", "%s", order.c_str());
}

Test(idle_list, lets_an_expiring_member_destroy_or_touch_itself) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(100), expire);
  std::unique_ptr<Member> own;
  own = std::make_unique<Member>([&] { own.reset(); });
  int expired = 0;
  Member again([&] {
    if (++expired < 3) list.touch(again);
  });
  list.touch(*own);
  list.touch(again);
  loop.advance(milliseconds(1000));
  cr_expect(own == nullptr);
  cr_expect(expired == 3, "%d", expired);
}

Test(idle_list, is_never_early_and_at_most_two_milliseconds_late_whenever_touched) {
  std::minstd_rand random(7);
  Loop loop(virtual_options());
  constexpr milliseconds kTimeout(50);
  IdleList list(loop, kTimeout, expire);
  struct Seen {
    TimePoint touched;
    int expired = 0;
  };
  std::array<Member, 20> nodes;
  std::array<Seen, 20> seen{};
  int expiries = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].expired = [&, i] {
      ++expiries;
      const auto silent = loop.now() - seen[i].touched;
      cr_expect(silent >= kTimeout);
      cr_expect(silent <= kTimeout + milliseconds(2), "%ld us late",
                static_cast<long>((silent - kTimeout).count() / 1000));
    };
  }
  for (int i = 0; i < 5000; ++i) {
    const std::size_t chosen = random() % nodes.size();
    list.touch(nodes[chosen]);
    seen[chosen].touched = loop.now();
    loop.advance(milliseconds(random() % 8));
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      if (!nodes[j].linked()) continue;
      cr_assert(loop.now() - seen[j].touched <= kTimeout + milliseconds(2), "one was forgotten");
    }
  }
  cr_expect(expiries > 100, "%d", expiries);
}

// A real clock may be anywhere between two of the list's milliseconds.
Test(idle_list, expires_in_real_time_neither_early_nor_never) {
  Loop loop(backend_options());
  IdleList list(loop, milliseconds(5), expire);
  TimePoint touched{};
  int early = 0;
  int expired = 0;
  Member node([&] {
    if (Clock::now() < touched + milliseconds(5)) ++early;
    loop.stop();
  });
  for (; expired < 40; ++expired) {
    loop.post([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(37 * expired));
      touched = loop.now();
      list.touch(node);
    });
    loop.run();
  }
  cr_expect(early == 0, "%d of %d", early, expired);
}

// A connection is touched for each read, which must not cost a timer or a turn.
Test(idle_list, wakes_the_loop_at_most_once_a_timeout_however_often_it_is_touched) {
  Loop loop(backend_options());
  IdleList list(loop, milliseconds(40), expire);
  Member node;
  const TimePoint end = Clock::now() + milliseconds(200);
  int touches = 0;
  Timer timer(loop, [&] {
    for (int i = 0; i < 1000; ++i) list.touch(node);
    touches += 1000;
    if (Clock::now() >= end && touches > 1000) loop.stop();
  });
  timer.start_repeating(milliseconds(10));
  loop.run();
  cr_expect(touches > 1000);
  // Twenty ticks of the timer, five of the list, and as many again for clocks that are early.
  cr_expect(loop.counters().turns < 60, "%lu turns", loop.counters().turns);
}

Test(idle_list, is_correct_when_its_stamps_wrap_after_fifty_days) {
  Loop loop(virtual_options());
  IdleList list(loop, milliseconds(1000), expire);
  const TimePoint start = loop.now();
  // The stamps are whole milliseconds in 32 bits.
  const milliseconds wrap(std::int64_t{1} << 32);
  cr_assert(wrap < 50 * kDay);
  loop.advance(wrap - milliseconds(500));
  int expired = 0;
  Member before([&] { ++expired; });
  list.touch(before);
  loop.advance(milliseconds(400));
  Member touched([&] { ++expired; });
  list.touch(touched);
  loop.advance(milliseconds(200));  // the stamp is 100 now
  cr_expect(loop.now() == start + wrap + milliseconds(100));
  Member after([&] { ++expired; });
  list.touch(after);
  list.touch(touched);
  cr_expect(expired == 0, "a wrapped stamp made one expire at once");
  loop.advance(milliseconds(399));  // 999 since the first touch
  cr_expect(expired == 0);
  loop.advance(milliseconds(1));
  cr_expect(expired == 1);
  loop.advance(milliseconds(599));  // 999 since the other touches
  cr_expect(expired == 1);
  loop.advance(milliseconds(1));
  cr_expect(expired == 3);
}

Test(idle_list, is_correct_after_fifty_days_at_once) {
  Loop loop(virtual_options());
  IdleList list(loop, std::chrono::hours(1), expire);
  int expired = 0;
  Member node([&] { ++expired; });
  list.touch(node);
  loop.advance(50 * kDay);
  cr_expect(expired == 1);
  list.touch(node);
  loop.advance(std::chrono::hours(1) - milliseconds(1));
  cr_expect(expired == 1);
  loop.advance(milliseconds(1));
  cr_expect(expired == 2);
}

Test(idle_list, is_correct_for_a_member_that_is_touched_daily_for_a_hundred_days) {
  Loop loop(virtual_options());
  IdleList list(loop, 19 * kDay, expire);
  int expired = 0;
  Member silent([&] { ++expired; });
  Member active([] { cr_expect(false, "it was active every day"); });
  list.touch(silent);
  for (int day = 0; day < 100; ++day) {
    list.touch(active);
    loop.advance(kDay);
    cr_expect(expired == (day < 18 ? 0 : 1), "day %d", day);
  }
}
