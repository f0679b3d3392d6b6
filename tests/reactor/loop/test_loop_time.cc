// The loop's time, virtual time, and the drain of its components.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/loop/loop_component.h"
#include "support/backend.h"
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Clock;
using sluice::Loop;
using sluice::LoopComponent;
using sluice::LoopOptions;
using sluice::TimePoint;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(loop_time, .timeout = 20);
TestSuite(loop_drain, .timeout = 20);

namespace {

LoopOptions virtual_options() {
  LoopOptions options = backend_options();
  options.virtual_time = true;
  return options;
}

// A component for which a drain has to wait.
class Busy final : public LoopComponent {
 public:
  explicit Busy(Loop& loop) : LoopComponent(loop) {}
  void begin_drain() override { ++begun; }
  [[nodiscard]] bool drained() const override { return idle; }
  void end_drain() override {
    ++ended;
    if (ended > holds_on) idle = true;
  }
  int begun = 0;
  int ended = 0;
  bool idle = false;
  int holds_on = 0;  // how many times it is not finished yet
};

}  // namespace

Test(loop_time, is_constant_in_a_turn_and_later_after_a_wait) {
  Loop loop(backend_options());
  std::vector<TimePoint> times;
  loop.post([&] {
    times.push_back(loop.now());
    std::this_thread::sleep_for(milliseconds(5));
    times.push_back(loop.now());
    loop.defer([&] { times.push_back(loop.now()); });
  });
  loop.poll();
  std::this_thread::sleep_for(milliseconds(5));
  loop.post([&] { times.push_back(loop.now()); });
  loop.poll();
  cr_assert(times.size() == 4);
  cr_expect(times[0] == times[1]);
  cr_expect(times[1] == times[2]);
  cr_expect(times[3] >= times[0] + milliseconds(10));
}

Test(loop_time, is_read_after_the_wait_and_not_before) {
  Loop loop(backend_options());
  const TimePoint before = Clock::now();
  TimePoint seen{};
  Timer timer(loop, [&] {
    seen = loop.now();
    loop.stop();
  });
  timer.start(milliseconds(20));
  loop.run();
  cr_expect(seen >= before + milliseconds(20));
  cr_expect(seen <= Clock::now());
}

// A program may work for a while between its first timer and the loop's first turn.
Test(loop_time, advances_outside_turns) {
  Loop loop(backend_options());
  const TimePoint first = loop.now();
  std::this_thread::sleep_for(milliseconds(5));
  cr_expect(loop.now() >= first + milliseconds(5));
  loop.poll();
  const TimePoint second = loop.now();
  std::this_thread::sleep_for(milliseconds(5));
  cr_expect(loop.now() >= second + milliseconds(5));
}

Test(loop_time, of_a_delay_begins_with_the_call_outside_a_turn) {
  Loop loop(backend_options());
  Timer early(loop, [] {});
  Timer timer(loop, [&] { loop.stop(); });
  early.start(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(40));
  const TimePoint asked = Clock::now();
  timer.start(milliseconds(30));
  loop.run();
  cr_expect(Clock::now() >= asked + milliseconds(30));
}

Test(loop_time, does_not_advance_by_itself_when_it_is_virtual) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  std::this_thread::sleep_for(milliseconds(5));
  loop.poll();
  cr_expect(loop.now() == start);
  loop.advance(milliseconds(7));
  cr_expect(loop.now() == start + milliseconds(7));
  loop.advance(milliseconds(0));
  cr_expect(loop.now() == start + milliseconds(7));
}

Test(loop_time, runs_no_virtual_timer_by_real_time) {
  Loop loop(virtual_options());
  Timer timer(loop, [] { cr_expect(false, "virtual time stood still"); });
  timer.start(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(5));
  loop.poll();
  loop.poll();
  cr_expect(timer.running());
}

Test(loop_time, waits_for_no_virtual_timer) {
  Loop loop(virtual_options());
  Timer timer(loop, [] {});
  timer.start(milliseconds(1));
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    loop.stop();
  });
  loop.run();
  other.join();
  cr_expect(loop.counters().turns < 5, "%lu turns", loop.counters().turns);
}

Test(loop_time, runs_each_virtual_timer_at_its_own_time_and_in_order) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  std::vector<std::pair<char, milliseconds>> ran;
  const auto note = [&](char name) {
    return [&, name] {
      ran.emplace_back(name, std::chrono::duration_cast<milliseconds>(loop.now() - start));
    };
  };
  Timer c(loop, note('c'));
  Timer a(loop, note('a'));
  Timer b(loop, note('b'));
  Timer b2(loop, note('B'));
  Timer never(loop, note('n'));
  c.start(milliseconds(30));
  a.start(milliseconds(10));
  b.start(milliseconds(20));
  b2.start(milliseconds(20));
  never.start(milliseconds(31));
  loop.advance(milliseconds(30));
  const std::vector<std::pair<char, milliseconds>> expected = {{'a', milliseconds(10)},
                                                               {'b', milliseconds(20)},
                                                               {'B', milliseconds(20)},
                                                               {'c', milliseconds(30)}};
  cr_expect(ran == expected);
  cr_expect(never.running());
  loop.advance(milliseconds(1));
  cr_expect(ran.size() == 5);
}

Test(loop_time, ends_a_turn_after_each_virtual_timer) {
  Loop loop(virtual_options());
  std::string order;
  Timer first(loop, [&] {
    order += '1';
    loop.defer([&] { order += 'd'; });
    loop.post([&] { order += 'p'; });
  });
  Timer second(loop, [&] { order += '2'; });
  first.start(milliseconds(1));
  second.start(milliseconds(2));
  loop.advance(milliseconds(2));
  cr_expect(order == "1dp2", "%s", order.c_str());
}

Test(loop_time, keeps_a_stop_of_a_virtual_timer_for_the_next_run) {
  Loop loop(virtual_options());
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(1));
  loop.advance(milliseconds(2));
  loop.run();
}

Test(loop_time, runs_timers_that_virtual_timers_start) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  int beats = 0;
  Timer beat(loop, [&] { ++beats; });
  TimePoint late{};
  Timer second(loop, [&] { late = loop.now(); });
  Timer first(loop, [&] { second.start(milliseconds(50)); });
  beat.start_repeating(milliseconds(10));
  first.start(milliseconds(25));
  loop.advance(milliseconds(100));
  cr_expect(beats == 10, "%d", beats);
  cr_expect(late == start + milliseconds(75));
}

Test(loop_time, advances_a_whole_year_at_once) {
  Loop loop(virtual_options());
  int days = 0;
  Timer daily(loop, [&] { ++days; });
  daily.start_repeating(std::chrono::hours(24));
  loop.advance(std::chrono::hours(24 * 365));
  cr_expect(days == 365, "%d", days);
}

Test(loop_drain, runs_done_if_there_is_nothing_to_drain) {
  Loop loop(backend_options());
  int done = 0;
  loop.drain(milliseconds(60000), [&] {
    ++done;
    loop.stop();
  });
  cr_expect(loop.draining());
  cr_expect(done == 0, "drain() called back");
  loop.run();
  cr_expect(done == 1);
  cr_expect(!loop.draining());
}

Test(loop_drain, stops_the_loop_if_there_is_no_done) {
  Loop loop(backend_options());
  loop.post([&] { loop.drain(milliseconds(60000)); });
  loop.run();
  cr_expect(!loop.draining());
}

Test(loop_drain, waits_for_a_component_that_is_not_finished) {
  Loop loop(virtual_options());
  Busy busy(loop);
  int done = 0;
  loop.drain(milliseconds(1000), [&] { ++done; });
  cr_expect(busy.begun == 1);
  loop.advance(milliseconds(999));
  cr_expect(done == 0);
  cr_expect(busy.ended == 0);
  busy.idle = true;
  loop.poll();
  cr_expect(done == 1);
  loop.advance(milliseconds(10));
  cr_expect(done == 1);
  cr_expect(busy.ended == 0, "its deadline ran although the drain was over");
}

Test(loop_drain, ends_at_its_deadline) {
  Loop loop(virtual_options());
  Busy busy(loop);
  int done = 0;
  loop.drain(milliseconds(1000), [&] { ++done; });
  loop.advance(milliseconds(1000));
  cr_expect(busy.ended == 1);
  cr_expect(done == 1);
  cr_expect(!loop.draining());
}

Test(loop_drain, ends_a_component_again_that_does_not_finish_at_its_deadline) {
  Loop loop(virtual_options());
  Busy busy(loop);
  busy.holds_on = 2;
  int done = 0;
  loop.drain(milliseconds(1000), [&] { ++done; });
  loop.advance(milliseconds(1000));
  for (int i = 0; i < 3; ++i) loop.poll();
  cr_expect(busy.ended == 3);
  cr_expect(done == 1);
}

Test(loop_drain, ends_at_its_deadline_in_real_time) {
  Loop loop(backend_options());
  Busy busy(loop);
  const TimePoint before = Clock::now();
  loop.drain(milliseconds(30));
  loop.run();
  cr_expect(Clock::now() >= before + milliseconds(30));
  cr_expect(busy.ended == 1);
}

Test(loop_drain, is_only_shortened_by_a_second_call) {
  Loop loop(virtual_options());
  Busy busy(loop);
  int first = 0;
  int second = 0;
  loop.drain(milliseconds(1000), [&] { ++first; });
  loop.drain(milliseconds(2000), [&] { ++second; });
  loop.advance(milliseconds(500));
  cr_expect(busy.begun == 1);
  cr_expect(first == 0);
  loop.drain(milliseconds(100), [&] { ++second; });
  loop.advance(milliseconds(99));
  cr_expect(first == 0);
  loop.advance(milliseconds(1));
  cr_expect(first == 1);
  cr_expect(second == 0);
}

Test(loop_drain, is_not_lengthened_by_a_second_call) {
  Loop loop(virtual_options());
  Busy busy(loop);
  int done = 0;
  loop.drain(milliseconds(100), [&] { ++done; });
  loop.drain(milliseconds(5000));
  loop.advance(milliseconds(100));
  cr_expect(done == 1);
}

Test(loop_drain, may_have_a_practically_infinite_deadline) {
  Loop loop(backend_options());
  Busy busy(loop);
  bool done = false;
  loop.drain(milliseconds::max(), [&] { done = true; });
  loop.poll();
  loop.poll();
  cr_expect(!done, "the deadline wrapped round into the past");
  cr_expect(busy.ended == 0);
  busy.idle = true;
  loop.poll();
  cr_expect(done);
}

Test(loop_drain, may_begin_again_when_it_has_ended) {
  Loop loop(backend_options());
  int done = 0;
  loop.drain(milliseconds(1000), [&] {
    ++done;
    loop.drain(milliseconds(1000), [&] {
      ++done;
      loop.stop();
    });
  });
  loop.run();
  cr_expect(done == 2);
}

Test(loop_drain, is_dropped_when_the_loop_is_destroyed) {
  const auto token = std::make_shared<int>(0);
  {
    Loop loop(backend_options());
    Busy busy(loop);
    loop.drain(milliseconds(1000), [token] { ++*token; });
    loop.poll();
  }
  cr_expect(*token == 0);
  cr_expect(token.use_count() == 1);
}
