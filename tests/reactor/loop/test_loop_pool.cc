// A pool of loops: their threads, their end, and what is the same for all of them.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/pool_server.h"
#include "support/streams.h"
#include <sluice/loop_pool.h>
#include <sluice/signals.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Unlike Handler, it shares nothing with handlers of other threads.
class Recorder final : public Protocol {
 public:
  bool holds = false;
  std::function<void(Connection&)> close;
  std::string input;
  std::size_t closes = 0;
  std::error_code last_reason;

  void on_open(Connection& connection) override {
    if (holds) connection.hold();
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    input.append(reinterpret_cast<const char*>(in.data()), in.size());
    return in.size();
  }
  void on_close(Connection& connection, std::error_code reason) override {
    ++closes;
    last_reason = reason;
    if (close) close(connection);
  }
};

LoopPoolOptions loops(std::size_t count) { return {.loops = count, .loop = backend_options()}; }

}  // namespace

TestSuite(loop_pool, .timeout = 30);

Test(loop_pool, runs_the_first_loop_in_the_callers_thread_and_each_other_one_in_its_own) {
  LoopPool pool(loops(3));
  std::vector<std::thread::id> threads(3);
  std::atomic<int> ran{0};
  for (std::size_t i = 0; i < 3; ++i) {
    pool.loop(i).post([&, i] {
      threads[i] = std::this_thread::get_id();
      if (++ran == 3) pool.stop();
    });
  }
  pool.run();
  cr_expect(threads[0] == std::this_thread::get_id());
  cr_expect(threads[1] != threads[0]);
  cr_expect(threads[2] != threads[0]);
  cr_expect(threads[2] != threads[1]);
}

Test(loop_pool, runs_again_after_it_was_stopped) {
  LoopPool pool(loops(2));
  for (int i = 0; i < 3; ++i) {
    bool ran = false;
    pool.loop(1).stop();  // only the first loop's has a meaning
    pool.loop(1).post([&] {
      ran = true;
      pool.stop();
    });
    pool.run();
    cr_expect(ran);
  }
}

Test(loop_pool, goes_on_when_another_loop_than_the_first_is_stopped) {
  LoopPool pool(loops(2));
  const RunningPool running(pool);
  ask(pool.loop(1), [&pool] { pool.loop(1).stop(); });
  cr_expect(ask(pool.loop(1), [] { return true; }));
  cr_expect(ask(pool.first(), [] { return true; }));
}

Test(loop_pool, has_one_loop_for_each_processor_unless_told) {
  cr_expect(LoopPool::processors() >= 1);
  cr_expect(LoopPool::processors() <= LoopPool::kMaxLoops);
  const LoopPool pool({.loops = 0, .loop = backend_options()});
  cr_expect(pool.size() == LoopPool::processors());
}

Test(loop_pool, rejects_more_loops_than_its_limit) {
  std::string said;
  try {
    const LoopPool pool(loops(LoopPool::kMaxLoops + 1));
  } catch (const std::invalid_argument& error) {
    said = error.what();
  }
  cr_expect(said == "257 loops are more than 256", "%s", said.c_str());
}

Test(loop_pool, divides_the_limits_of_its_loops) {
  LoopPoolOptions options = loops(4);
  options.loop.max_memory = 1000;
  options.loop.max_connections = 100;
  LoopPool pool(options);
  cr_expect(pool.first().options().max_memory == 250);
  cr_expect(pool.loop(3).options().max_memory == 250);
  cr_expect(pool.first().options().max_connections == 100, "it accepts for all");
  cr_expect(pool.loop(3).options().max_connections == 25);
}

Test(loop_pool, leaves_signals_to_the_first_loop) {
  LoopPool pool(loops(3));
  std::thread::id handled;
  const Signal signal(pool.first(), SIGUSR1, [&] {
    handled = std::this_thread::get_id();
    pool.stop();
  });
  std::atomic<int> blocked{0};
  for (std::size_t i = 1; i < 3; ++i) {
    pool.loop(i).post([&] {
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      if (sigismember(&mask, SIGUSR1) == 1) ++blocked;
      if (blocked == 2) ::kill(::getpid(), SIGUSR1);
    });
  }
  pool.run();
  cr_expect(handled == std::this_thread::get_id());
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  cr_expect(sigismember(&mask, SIGUSR1) == 0, "the caller's mask is as it was");
}

Test(loop_pool, passes_reports_of_all_loops_to_the_first_one) {
  LoopPool pool(loops(2));
  std::vector<std::string> said;
  pool.set_reporter([&, caller = std::this_thread::get_id()](const Report& report) {
    said.push_back(report.what);
    cr_expect(std::this_thread::get_id() == caller, "%s", report.what.c_str());
    if (said.size() == 2) pool.stop();
  });
  pool.first().post([] { throw std::runtime_error("here"); });
  pool.loop(1).post([] { throw std::runtime_error("there"); });
  pool.run();
  std::sort(said.begin(), said.end());
  cr_assert(said.size() == 2);
  cr_expect(said[0].find("here") != said[0].npos, "%s", said[0].c_str());
  cr_expect(said[1].find("there") != said[1].npos, "%s", said[1].c_str());
}

Test(loop_pool, adds_up_the_counters_of_its_loops) {
  Recorder here;
  Recorder there;
  LoopPool pool(loops(2));
  Pair first = unix_pair();
  Pair second = unix_pair();
  Connection::adopt(pool.first(), std::move(first.ours), here);
  Connection::adopt(pool.loop(1), std::move(second.ours), there);
  cr_expect(pool.counters().connections_open == 2);
  cr_expect(pool.counters(1).connections_open == 1);
  Peer one(std::move(first.peers));
  Peer two(std::move(second.peers));
  const RunningPool running(pool);
  one.send("12345");
  two.send("678");
  wait_until(
      pool.first(), [&] { return pool.counters().bytes_in == 8; }, "the sum of the bytes");
  cr_expect(pool.counters(0).bytes_in == 5);
  cr_expect(pool.counters(1).bytes_in == 3);
  cr_expect(pool.counters().turns >= pool.counters(0).turns);
}

Test(loop_pool, drains_all_loops_and_then_stops) {
  Recorder here;
  Recorder there;
  LoopPool pool(loops(2));
  Pair first = unix_pair();
  Pair second = unix_pair();
  Connection::adopt(pool.first(), std::move(first.ours), here);
  Connection::adopt(pool.loop(1), std::move(second.ours), there);
  Peer one(std::move(first.peers));
  Peer two(std::move(second.peers));
  two.send("late");
  RunningPool running(pool);
  ask(pool.first(), [&] { pool.drain(seconds(20)); });
  one.end();
  two.end();
  running.join();
  cr_expect(here.closes == 1);
  cr_expect(there.closes == 1);
  cr_expect(there.input == "late");
}

Test(loop_pool, runs_the_task_of_a_drain_once_also_when_it_is_called_again) {
  Recorder here;
  Recorder there;
  LoopPool pool(loops(3));
  Pair slow = unix_pair();
  there.holds = true;
  Connection::adopt(pool.loop(2), std::move(slow.ours), there);
  RunningPool running(pool);
  int dones = 0;
  const auto drain = [&](milliseconds deadline) {
    ask(pool.first(), [&] {
      pool.drain(deadline, [&] {
        ++dones;
        pool.first().post([&] { pool.stop(); });
      });
    });
  };
  drain(seconds(600));
  ask(pool.loop(1), [] {});  // its drain is over
  ask(pool.first(), [] {});
  cr_expect(ask(pool.first(), [&] { return dones; }) == 0, "a connection is held");
  drain(milliseconds(0));
  running.join();
  cr_expect(dones == 1);
  cr_expect(there.last_reason == make_error_code(CloseReason::drain_deadline));
}

Test(loop_pool, ends_a_drain_that_began_before_its_first_loop_runs_alone) {
  LoopPool pool(loops(2));
  bool done = false;
  pool.drain(milliseconds(0), [&] {
    done = true;
    pool.stop();
  });
  pool.run_alone();
  cr_expect(done);
}

Test(loop_pool, lets_handlers_post_to_other_loops_while_it_is_destroyed) {
  std::vector<std::unique_ptr<Pair>> pairs;
  bool is_destroyed = false;
  struct Mark {
    bool& mark;
    ~Mark() { mark = true; }
  };
  Recorder handler;
  {
    LoopPool pool(loops(3));
    handler.close = [&](Connection& connection) {
      // To a loop before it and to one after it.
      auto mark = std::make_shared<Mark>(Mark{is_destroyed});
      for (std::size_t i = 0; i < 3; ++i) {
        if (&pool.loop(i) != &connection.loop()) pool.loop(i).post([mark] {});
      }
    };
    pairs.push_back(std::make_unique<Pair>(unix_pair()));
    Connection::adopt(pool.loop(1), std::move(pairs.back()->ours), handler);
  }
  cr_expect(handler.closes == 1);
  cr_expect(is_destroyed, "the tasks were dropped");
}

// The second of two equal failures is held back for a second, and reported when its loop goes.
Test(loop_pool, is_destroyed_while_a_report_of_another_loop_is_held_back) {
  LoopPool pool(loops(3));
  int reports = 0;
  pool.set_reporter([&reports](const Report&) { ++reports; });
  for (int i = 0; i < 2; ++i) {
    pool.loop(1).post([] { throw std::runtime_error("there"); });
  }
  pool.loop(1).post([&pool] { pool.first().post([&pool] { pool.stop(); }); });
  pool.run();
  cr_expect(reports == 1, "%d", reports);
}
