// Timers: never early, in order, and free to stop, restart or destroy themselves.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/slowness.h"
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Clock;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::Report;
using sluice::TimePoint;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(timer, .timeout = 20);

namespace {

LoopOptions virtual_options() {
  LoopOptions options = backend_options();
  options.virtual_time = true;
  return options;
}

}  // namespace

Test(timer, does_nothing_before_it_is_started) {
  Loop loop(backend_options());
  const Timer timer(loop, [] { cr_expect(false); });
  cr_expect(!timer.running());
  loop.poll();
}

Test(timer, never_runs_early) {
  Loop loop(backend_options());
  for (int i = 0; i < 30; ++i) {
    const milliseconds delay(i % 7);
    TimePoint ran{};
    Timer timer(loop, [&] {
      ran = Clock::now();
      loop.stop();
    });
    const TimePoint asked = Clock::now();
    timer.start(delay);
    cr_expect(timer.running());
    cr_expect(timer.due() >= asked + delay);
    loop.run();
    cr_expect(!timer.running());
    cr_expect(ran >= asked + delay, "%d ms, %ld us early", i % 7,
              static_cast<long>((asked + delay - ran).count() / 1000));
  }
}

Test(timer, wakes_its_loop_once_and_not_in_steps) {
  Loop loop(backend_options());
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(40));
  loop.run();
  cr_expect(loop.counters().turns < 4, "%lu turns", loop.counters().turns);
}

Test(timer, runs_once) {
  Loop loop(virtual_options());
  int ran = 0;
  Timer timer(loop, [&] { ++ran; });
  timer.start(milliseconds(10));
  loop.advance(milliseconds(100));
  cr_expect(ran == 1);
  timer.start(milliseconds(10));
  loop.advance(milliseconds(100));
  cr_expect(ran == 2);
}

Test(timer, runs_in_order_of_deadlines_and_of_starting) {
  std::string order;
  const bool in_order = succeeds_once([&] {
    Loop loop(backend_options());
    order.clear();
    Timer c(loop, [&] {
      order += 'c';
      loop.stop();
    });
    Timer a(loop, [&] { order += 'a'; });
    Timer b(loop, [&] { order += 'b'; });
    Timer z(loop, [&] { order += 'z'; });
    c.start(slowness() * milliseconds(20));
    a.start(slowness() * milliseconds(5));
    b.start(slowness() * milliseconds(10));
    z.start(milliseconds(0));
    loop.run();
    return order == "zabc";
  });
  cr_expect(in_order, "%s", order.c_str());
}

Test(timer, is_moved_when_it_is_started_again) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  TimePoint ran{};
  Timer timer(loop, [&] { ran = loop.now(); });
  timer.start(milliseconds(10));
  timer.start(milliseconds(30));
  cr_expect(timer.due() == start + milliseconds(30));
  loop.advance(milliseconds(20));
  cr_expect(timer.running());
  timer.start(milliseconds(5));
  loop.advance(milliseconds(100));
  cr_expect(ran == start + milliseconds(25));
}

Test(timer, may_become_due_earlier_while_its_loop_waits) {
  Loop loop(backend_options());
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(std::chrono::minutes(10));
  loop.poll();
  loop.post([&] { timer.start(milliseconds(1)); });
  loop.run();
}

Test(timer, does_not_run_when_it_is_stopped) {
  Loop loop(virtual_options());
  int ran = 0;
  Timer timer(loop, [&] { ++ran; });
  timer.start(milliseconds(10));
  timer.stop();
  cr_expect(!timer.running());
  timer.stop();
  timer.start_repeating(milliseconds(10));
  timer.stop();
  loop.advance(milliseconds(100));
  cr_expect(ran == 0);
}

Test(timer, does_not_run_if_another_timer_of_the_turn_stops_or_destroys_it) {
  Loop loop(virtual_options());
  std::unique_ptr<Timer> destroyed;
  std::unique_ptr<Timer> stopped;
  Timer first(loop, [&] {
    destroyed.reset();
    stopped->stop();
  });
  destroyed = std::make_unique<Timer>(loop, [] { cr_expect(false, "it was destroyed"); });
  stopped = std::make_unique<Timer>(loop, [] { cr_expect(false, "it was stopped"); });
  first.start(milliseconds(10));
  destroyed->start(milliseconds(10));
  stopped->start(milliseconds(10));
  loop.advance(milliseconds(20));
  cr_expect(destroyed == nullptr);
}

Test(timer, repeats_without_drift) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  std::vector<TimePoint> beats;
  Timer timer(loop, [&] { beats.push_back(loop.now()); });
  timer.start_repeating(milliseconds(10));
  // The test looks every 7 ms; each repetition still has its own time.
  for (int i = 0; i < 100; ++i) loop.advance(milliseconds(7));
  cr_assert(beats.size() == 70, "%zu", beats.size());
  for (std::size_t i = 0; i < beats.size(); ++i) {
    cr_expect(beats[i] == start + milliseconds(10) * static_cast<int>(i + 1));
  }
}

Test(timer, repeats_without_drift_in_real_time) {
  Loop loop(backend_options());
  std::vector<TimePoint> deadlines;
  Timer timer(loop, [] {});
  Timer* const self = &timer;
  Timer beat(loop, [&] {
    deadlines.push_back(self->due());
    std::this_thread::sleep_for(milliseconds(1));  // would add up if delays began here
    if (deadlines.size() == 10) loop.stop();
  });
  timer.start(std::chrono::minutes(10));
  beat.start_repeating(milliseconds(5));
  const TimePoint first = beat.due();
  loop.run();
  const auto off = (beat.due() - first) % milliseconds(5);
  cr_expect(off.count() == 0, "%ld ns off the beat", static_cast<long>(off.count()));
}

Test(timer, skips_the_repetitions_that_a_busy_loop_missed) {
  Loop loop(backend_options());
  int beats = 0;
  TimePoint first{};
  Timer timer(loop, [&] {
    if (++beats == 1) std::this_thread::sleep_for(milliseconds(100));
    if (beats == 3) loop.stop();
  });
  timer.start_repeating(milliseconds(10));
  first = timer.due();
  loop.run();
  cr_expect(beats == 3);
  // Repetitions 2 to 10 were missed, and are not made up for.
  cr_expect(Clock::now() >= first + milliseconds(100 + 10));
  cr_expect((timer.due() - first) % milliseconds(10) == Clock::duration::zero());
}

Test(timer, is_running_in_its_own_function_only_when_it_repeats) {
  Loop loop(virtual_options());
  std::vector<bool> running;
  Timer timer(loop, [&] { running.push_back(timer.running()); });
  timer.start(milliseconds(1));
  loop.advance(milliseconds(1));
  timer.start_repeating(milliseconds(1));
  loop.advance(milliseconds(1));
  cr_expect(running == std::vector<bool>({false, true}));
}

Test(timer, may_stop_itself_in_its_own_function) {
  Loop loop(virtual_options());
  int ran = 0;
  Timer timer(loop, [&] {
    if (++ran == 3) timer.stop();
  });
  timer.start_repeating(milliseconds(1));
  loop.advance(milliseconds(100));
  cr_expect(ran == 3);
  cr_expect(!timer.running());
}

Test(timer, may_restart_itself_in_its_own_function) {
  Loop loop(virtual_options());
  const TimePoint start = loop.now();
  std::vector<TimePoint> times;
  Timer timer(loop, [&] {
    times.push_back(loop.now());
    if (times.size() == 1) timer.start(milliseconds(5));
    if (times.size() == 2) timer.start_repeating(milliseconds(7));
    if (times.size() == 4) timer.start(milliseconds(100));  // once again, without repetition
  });
  timer.start(milliseconds(1));
  loop.advance(milliseconds(1000));
  const std::vector<TimePoint> expected = {start + milliseconds(1), start + milliseconds(6),
                                           start + milliseconds(13), start + milliseconds(20),
                                           start + milliseconds(120)};
  cr_expect(times == expected, "%zu", times.size());
}

Test(timer, may_destroy_itself_in_its_own_function) {
  for (const bool repeats : {false, true}) {
    Loop loop(virtual_options());
    const auto token = std::make_shared<std::string>("held by the function");
    std::unique_ptr<Timer> timer;
    std::string seen;
    timer = std::make_unique<Timer>(loop, [&timer, &seen, token] {
      timer.reset();
      seen = *token;  // the function must outlive its timer until it returns
    });
    repeats ? timer->start_repeating(milliseconds(1)) : timer->start(milliseconds(1));
    loop.advance(milliseconds(10));
    cr_expect(timer == nullptr);
    cr_expect(seen == "held by the function");
    cr_expect(token.use_count() == 1);
  }
}

Test(timer, may_destroy_itself_and_throw) {
  int reports = 0;
  Loop loop(virtual_options());
  loop.set_reporter([&](const Report&) { ++reports; });
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&timer] {
    timer.reset();
    throw std::runtime_error("last words");
  });
  timer->start(milliseconds(1));
  loop.advance(milliseconds(10));
  cr_expect(reports == 1);
}

Test(timer, continues_to_repeat_when_its_function_throws) {
  std::vector<Report> reports;
  Loop loop(virtual_options());
  int ran = 0;
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  Timer timer(loop, [&] {
    ++ran;
    throw std::runtime_error("again");
  });
  timer.start_repeating(milliseconds(10));
  loop.advance(milliseconds(35));
  cr_expect(ran == 3);
  cr_assert(reports.size() == 1);
  cr_expect(reports[0].where == "timer");
  cr_expect(reports[0].what == "again");
  cr_expect(reports[0].count == 1);
  loop.advance(milliseconds(1000));
  cr_assert(reports.size() == 2);
  cr_expect(reports[1].what == "again");
  cr_expect(reports[1].count == 99, "%d", static_cast<int>(reports[1].count));
}

Test(timer, is_stopped_when_it_is_destroyed) {
  Loop loop(virtual_options());
  {
    Timer timer(loop, [] { cr_expect(false); });
    timer.start(milliseconds(1));
  }
  loop.advance(milliseconds(10));
}

// The loop's destructor asserts that no timer is left.
Test(timer, may_be_destroyed_while_others_run) {
  Loop loop(backend_options());
  auto first = std::make_unique<Timer>(loop, [] {});
  auto second = std::make_unique<Timer>(loop, [] {});
  first->start(std::chrono::minutes(1));
  second->start(std::chrono::minutes(2));
  loop.poll();
  first.reset();
  loop.poll();
  second.reset();
}

Test(timer, runs_again_in_the_next_turn_when_it_restarts_without_delay) {
  Loop loop(backend_options());
  std::vector<std::unique_ptr<Timer>> others;  // a turn must not run it once for each of these
  for (int i = 0; i < 100; ++i) {
    others.push_back(std::make_unique<Timer>(loop, [] {}));
    others.back()->start(std::chrono::minutes(10));
  }
  std::vector<std::uint64_t> turns;
  Timer timer(loop, [&] {
    turns.push_back(loop.counters().turns);
    if (turns.size() < 10) {
      timer.start(milliseconds(0));
    } else {
      loop.stop();
    }
  });
  timer.start(milliseconds(0));
  loop.run();
  cr_assert(turns.size() == 10);
  for (std::size_t i = 1; i < turns.size(); ++i) {
    cr_expect(turns[i] == turns[i - 1] + 1, "runs %zu and %zu in turns %lu and %lu", i - 1, i,
              turns[i - 1], turns[i]);
  }
}

Test(timer, runs_at_once_for_a_delay_in_the_past) {
  Loop loop(backend_options());
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(-5));
  loop.run();
}

Test(timer, may_be_started_for_a_time_that_never_comes) {
  Loop loop(backend_options());
  Timer timer(loop, [] { cr_expect(false, "the deadline wrapped round into the past"); });
  timer.start(milliseconds::max());
  loop.poll();
  loop.poll();
  cr_expect(timer.running());
  timer.start_repeating(milliseconds::max());
  loop.poll();
  cr_expect(timer.running());
  cr_expect(timer.due() > loop.now());
  timer.stop();
  bool ran = false;
  Timer other(loop, [&] {
    ran = true;
    loop.stop();
  });
  timer.start(milliseconds::max());
  other.start(milliseconds(1));
  loop.run();
  cr_expect(ran);
}

Test(timer, runs_beside_a_thousand_others) {
  Loop loop(backend_options());
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<TimePoint> ran;
  std::size_t early = 0;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<Timer>(loop, [&, i] {
      if (Clock::now() < timers[static_cast<std::size_t>(i)]->due()) ++early;
      ran.push_back(timers[static_cast<std::size_t>(i)]->due());
      if (ran.size() == 1000) loop.stop();
    }));
    timers.back()->start(milliseconds((i * 37) % 50));
  }
  loop.run();
  cr_expect(std::is_sorted(ran.begin(), ran.end()));
  cr_expect(early == 0);
}

Test(timer, treats_a_negative_delay_as_0_and_accepts_every_value) {
  Loop loop(virtual_options());
  for (const milliseconds after : {milliseconds(-1), milliseconds::min(), milliseconds(0)}) {
    int ran = 0;
    Timer timer(loop, [&ran] { ++ran; });
    timer.start(after);
    cr_expect(timer.due() == loop.now());
    loop.advance(milliseconds(0));
    cr_expect(ran == 1);
  }
  Timer timer(loop, [] { cr_expect(false); });
  timer.start(milliseconds::max());
  cr_expect(timer.due() == TimePoint::max());
  loop.advance(std::chrono::hours(24 * 365));
}

Test(timer, counts_from_when_it_is_started_and_not_from_the_beginning_of_a_slow_turn) {
  Loop loop(backend_options());
  TimePoint started;
  TimePoint ran;
  Timer timer(loop, [&ran] { ran = Clock::now(); });
  loop.post([&] {
    (void)loop.now();
    ::poll(nullptr, 0, 100);
    started = Clock::now();
    timer.start(milliseconds(50));
  });
  while (ran == TimePoint()) loop.run_once();
  cr_expect(ran >= started + milliseconds(49));
}
