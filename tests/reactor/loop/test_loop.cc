// Turns, posts, deferred tasks and stops, on each backend.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include <sluice/fd.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Backend;
using sluice::backend_from;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::Report;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(loop, .timeout = 20);

namespace {

// Whether a program can call functions that are internal to the library.
template <class AnyLoop>
constexpr bool kExposesInternals = requires(AnyLoop& loop) {
  loop.start_timer;
}
|| requires(AnyLoop& loop) { loop.read_buffer_; }
|| requires(AnyLoop& loop) { loop.counters_; }
|| requires(AnyLoop& loop) { loop.connections_; };
static_assert(!kExposesInternals<Loop>, "what only the library may call is out of reach");

std::string refusal_of(const char* backend) {
  try {
    (void)backend_from(backend);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "(none)";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Uses up all descriptors that the process may open.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken_.emplace_back(fd);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void give_back_one() { taken_.pop_back(); }

 private:
  rlimit before_{};
  std::vector<sluice::Fd> taken_;
};

int error_of_a_new_loop(const LoopOptions& options) {
  try {
    const Loop loop(options);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(loop, names_its_backends_and_reads_their_names) {
  for (const Backend backend :
       {Backend::automatic, Backend::epoll, Backend::poll, Backend::select}) {
    cr_expect(backend_from(to_string(backend)) == backend);
  }
  cr_expect(to_string(Backend::automatic) == "auto");
  cr_expect(to_string(Backend::epoll) == "epoll");
  cr_expect(to_string(Backend::poll) == "poll");
  cr_expect(to_string(Backend::select) == "select");
  cr_expect(to_string(static_cast<Backend>(99)) == "?");
}

Test(loop, names_the_allowed_backends_if_one_is_unknown) {
  for (const char* name : {"kqueue", "", "EPOLL", "epoll "}) {
    const std::string why = refusal_of(name);
    cr_expect(contains(why, ("\"" + std::string(name) + "\"").c_str()), "%s", why.c_str());
    cr_expect(contains(why, "auto, epoll, poll or select"), "%s", why.c_str());
  }
}

Test(loop, rejects_io_uring_and_says_why) {
  const std::string why = refusal_of("io_uring");
  cr_expect(contains(why, "stalls"), "%s", why.c_str());
  cr_expect(contains(why, "fork"), "%s", why.c_str());
  cr_expect(contains(why, "auto, epoll, poll and select"), "%s", why.c_str());
}

Test(loop, runs_on_the_requested_backend) {
  const LoopOptions options = backend_options();
  const Loop loop(options);
  if (options.backend != Backend::automatic) cr_expect(loop.backend() == options.backend);
  cr_expect(loop.options().backend == options.backend);
  cr_expect(loop.native() != nullptr);
}

Test(loop, chooses_one_of_its_three_backends_by_default) {
  const Loop loop;
  const Backend backend = loop.backend();
  cr_expect(backend == Backend::epoll || backend == Backend::poll || backend == Backend::select);
}

Test(loop, ignores_the_operators_LIBEV_FLAGS) {
  const Backend chosen = Loop().backend();
  const LoopOptions options = backend_options();
  for (const char* flags : {"1", "2", "4", "128"}) {  // select, poll, epoll, io_uring
    ::setenv("LIBEV_FLAGS", flags, 1);
    cr_expect(Loop().backend() == chosen, "LIBEV_FLAGS=%s chose", flags);
    if (options.backend != Backend::automatic) {
      cr_expect(Loop(options).backend() == options.backend, "LIBEV_FLAGS=%s chose", flags);
    }
  }
}

Test(loop, throws_if_it_gets_no_descriptor) {
#if defined(__clang__)
#if __has_feature(undefined_behavior_sanitizer)
  cr_skip_test("UBSan opens a pipe to look at an exception's type, and finds no descriptor either");
#endif
#endif
  int none = 0;
  int one = 0;
  {
    NoDescriptors no_descriptors;
    none = error_of_a_new_loop(backend_options());
    no_descriptors.give_back_one();
    one = error_of_a_new_loop(backend_options());
  }
  cr_expect(none == EMFILE, "%d", none);
  // With eventfd() one descriptor is enough for the wake-up, and then for poll and select.
  cr_expect(one == EMFILE || one == 0, "%d", one);
  cr_expect(error_of_a_new_loop(backend_options()) == 0);
}

Test(loop, runs_until_it_is_stopped) {
  Loop loop(backend_options());
  int beats = 0;
  Timer timer(loop, [&] {
    if (++beats == 5) loop.stop();
  });
  timer.start_repeating(milliseconds(1));
  loop.run();
  cr_expect(beats == 5);
  cr_expect(loop.counters().turns >= 5);
}

Test(loop, runs_again_after_it_was_stopped) {
  Loop loop(backend_options());
  for (int i = 1; i <= 3; ++i) {
    bool ran = false;
    Timer timer(loop, [&] {
      ran = true;
      loop.stop();
    });
    timer.start(milliseconds(1));
    loop.run();
    cr_expect(ran, "a stop() that had ended one run ended run %d as well", i);
  }
}

Test(loop, finishes_the_turn_in_which_it_is_stopped) {
  Loop loop(backend_options());
  std::string order;
  loop.post([&] {
    order += 's';
    loop.stop();
    loop.defer([&] { order += 'd'; });
  });
  loop.post([&] { order += 'p'; });
  loop.run();
  cr_expect(order == "spd", "%s", order.c_str());
}

Test(loop, returns_at_once_when_it_was_stopped_before) {
  Loop loop(backend_options());
  loop.stop();
  loop.run();  // would wait forever
  bool ran = false;
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  loop.run();
  cr_expect(ran, "one stop() ended two runs");
}

Test(loop, merges_several_stops) {
  Loop loop(backend_options());
  loop.stop();
  loop.stop();
  loop.run();
  bool ran = false;
  Timer timer(loop, [&] {
    ran = true;
    loop.stop();
  });
  timer.start(milliseconds(5));
  loop.run();
  cr_expect(ran);
}

Test(loop, keeps_a_stop_for_run_during_run_once_and_poll) {
  Loop loop(backend_options());
  loop.stop();
  loop.poll();
  loop.post([] {});
  loop.run_once();
  loop.run();
}

Test(loop, is_stopped_by_a_deferred_task) {
  Loop loop(backend_options());
  loop.defer([&] { loop.stop(); });
  loop.run();
}

Test(loop, is_stopped_from_another_thread_while_it_waits) {
  Loop loop(backend_options());
  for (int i = 0; i < 20; ++i) {
    std::thread other([&] {
      std::this_thread::sleep_for(milliseconds(2));
      loop.stop();
    });
    loop.run();
    other.join();
  }
}

Test(loop, runs_one_turn_in_run_once) {
  Loop loop(backend_options());
  std::string order;
  loop.post([&] {
    order += '1';
    loop.post([&] { order += '2'; });
  });
  loop.run_once();
  cr_expect(order == "1", "%s", order.c_str());
  loop.run_once();
  cr_expect(order == "12", "%s", order.c_str());
}

Test(loop, waits_for_an_event_in_run_once) {
  Loop loop(backend_options());
  bool ran = false;
  Timer timer(loop, [&] { ran = true; });
  timer.start(milliseconds(20));
  // A clock that is a little early may cause an empty turn.
  for (int i = 0; i < 3 && !ran; ++i) loop.run_once();
  cr_expect(ran);
}

Test(loop, does_not_wait_in_poll) {
  Loop loop(backend_options());
  Timer timer(loop, [] { cr_expect(false, "ten minutes have passed"); });
  timer.start(std::chrono::minutes(10));
  loop.poll();
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.poll();
  cr_expect(ran);
}

Test(loop, runs_posted_tasks_in_a_later_turn_and_in_order) {
  Loop loop(backend_options());
  std::string order;
  for (const char c : {'a', 'b', 'c'}) loop.post([&order, c] { order += c; });
  cr_expect(order.empty());
  loop.post([&] {
    loop.post([&] { order += 'f'; });
    order += 'd';
  });
  loop.post([&] { order += 'e'; });
  loop.poll();
  cr_expect(order == "abcde", "%s", order.c_str());
  loop.poll();
  cr_expect(order == "abcdef", "%s", order.c_str());
}

Test(loop, is_woken_by_a_post_from_another_thread) {
  Loop loop(backend_options());
  const std::thread::id own = std::this_thread::get_id();
  std::thread::id ran_in;
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(10));
    loop.post([&] {
      ran_in = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  cr_expect(ran_in == own);
}

Test(loop, loses_no_post_of_eight_threads_and_keeps_the_order_of_each) {
  constexpr std::size_t kThreads = 8;
  constexpr int kPosts = 5000;
  Loop loop(backend_options());
  std::vector<int> next(kThreads, 0);
  std::size_t out_of_order = 0;
  std::size_t left = kThreads * kPosts;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&, t, i] {
          if (next[t]++ != i) ++out_of_order;
          if (--left == 0) loop.stop();
        });
        if (i % 100 == 0) std::this_thread::yield();
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  cr_expect(left == 0);
  cr_expect(out_of_order == 0);
}

Test(loop, drops_posted_and_deferred_tasks_when_it_is_destroyed) {
  const auto token = std::make_shared<int>(0);
  {
    Loop loop(backend_options());
    loop.post([token] { ++*token; });
    loop.defer([token] { ++*token; });
    cr_expect(token.use_count() == 3);
  }
  cr_expect(*token == 0);
  cr_expect(token.use_count() == 1);
}

Test(loop, accepts_posts_from_the_destructors_of_dropped_tasks) {
  struct Poster {
    explicit Poster(Loop& target) : loop(target) {}
    ~Poster() {
      loop.post([] {});
      loop.defer([] {});
    }
    Loop& loop;
  };
  Loop loop(backend_options());
  loop.post([held = std::make_shared<Poster>(loop)] {});
  loop.defer([held = std::make_shared<Poster>(loop)] {});
}

Test(loop, defers_to_the_end_of_the_turn_in_order) {
  Loop loop(backend_options());
  std::string order;
  loop.post([&] {
    loop.defer([&] { order += 'x'; });
    loop.defer([&] { order += 'y'; });
    order += 'a';
  });
  loop.post([&] { order += 'b'; });
  loop.poll();
  cr_expect(order == "abxy", "%s", order.c_str());
}

Test(loop, defers_from_a_deferred_task_to_the_end_of_the_next_turn) {
  Loop loop(backend_options());
  std::string order;
  loop.post([&] {
    loop.defer([&] {
      order += '1';
      loop.defer([&] { order += '2'; });
      loop.post([&] { order += 'p'; });
    });
  });
  loop.poll();
  loop.poll();
  cr_expect(order == "1p2", "%s", order.c_str());
}

Test(loop, does_not_wait_before_a_task_that_was_deferred_between_two_turns) {
  Loop loop(backend_options());
  int ran = 0;
  loop.defer([&] {
    ++ran;
    loop.defer([&] { ++ran; });
  });
  loop.run_once();
  cr_expect(ran == 1);
  loop.run_once();
  cr_expect(ran == 2);
}

Test(loop, does_not_wait_before_a_task_that_a_deferred_task_defers) {
  Loop loop(backend_options());
  loop.post([&] { loop.defer([&] { loop.defer([&] { loop.stop(); }); }); });
  loop.run();
}

Test(loop, runs_a_task_that_was_deferred_outside_a_turn_without_waiting) {
  Loop loop(backend_options());
  bool ran = false;
  loop.defer([&] { ran = true; });
  loop.poll();
  cr_expect(ran);
}

Test(loop, serves_other_work_while_a_task_defers_itself_forever) {
  Loop loop(backend_options());
  std::function<void()> again = [&] { loop.defer(again); };
  again();
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(5));
  loop.run();
}

Test(loop, reports_an_exception_of_a_task_and_continues) {
  std::vector<Report> reports;
  Loop loop(backend_options());
  std::string order;
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  loop.post([] { throw std::runtime_error("broken"); });
  loop.post([] { throw std::system_error(ECHILD, std::system_category(), "wait"); });
  loop.post([] { throw 7; });  // NOLINT(hicpp-exception-baseclass): a careless task
  loop.post([&] {
    order += 'p';
    loop.defer([] { throw std::logic_error("late"); });
    loop.defer([&] { order += 'd'; });
  });
  loop.poll();
  loop.post([&] { order += 'n'; });
  loop.poll();
  cr_expect(order == "pdn", "%s", order.c_str());
  cr_assert(reports.size() == 4, "%zu", reports.size());
  for (const Report& report : reports) cr_expect(report.kind == Report::Kind::handler_threw);
  cr_expect(reports[0].what == "broken");
  cr_expect(!reports[0].error);
  cr_expect(reports[0].where == "post");
  cr_expect(reports[1].error == std::error_code(ECHILD, std::system_category()));
  cr_expect(contains(reports[1].what, "wait"));
  cr_expect(!reports[2].what.empty());
  cr_expect(reports[3].what == "late");
  cr_expect(reports[3].where == "defer");
}

namespace {

struct Throwing {
  Throwing() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  void throws(const std::string& what) {
    loop.post([what] { throw std::runtime_error(what); });
    loop.poll();
  }
  [[nodiscard]] std::uint64_t reported() const {
    std::uint64_t sum = 0;
    for (const Report& report : reports) sum += report.count;
    return sum;
  }

  std::vector<Report> reports;
  Loop loop{LoopOptions{.virtual_time = true}};
};

}  // namespace

Test(loop, reports_a_repeated_exception_once_a_second_with_its_count) {
  Throwing world;
  for (int i = 0; i < 1'000; ++i) world.throws("again");
  cr_assert(world.reports.size() == 1, "%zu", world.reports.size());
  world.throws("something else");
  cr_assert(world.reports.size() == 2, "another exception is not hidden by a flood of one");
  cr_expect(world.reports[1].what == "something else");
  world.loop.advance(std::chrono::milliseconds(1000));
  cr_assert(world.reports.size() == 3, "%zu", world.reports.size());
  cr_expect(world.reports[2].what == "again" && world.reports[2].where == "post");
  cr_expect(world.reports[2].kind == Report::Kind::handler_threw);
  cr_expect(world.reported() == 1'001);
}

// The text may come from a peer.
Test(loop, limits_the_reports_of_different_exceptions) {
  Throwing world;
  for (int i = 0; i < 1'000; ++i) world.throws("number " + std::to_string(i));
  cr_expect(world.reports.size() <= 16, "%zu", world.reports.size());
  world.loop.advance(std::chrono::milliseconds(1000));
  cr_expect(world.reports.size() <= 32, "%zu", world.reports.size());
  cr_expect(world.reports.back().what == "number 999", "%s", world.reports.back().what.c_str());
  cr_expect(world.reported() == 1'000);
  world.loop.advance(std::chrono::seconds(5));
  for (int i = 0; i < 10; ++i) world.throws("later " + std::to_string(i));
  cr_expect(world.reports.back().what == "later 9", "places are used again");
}

Test(loop, reports_the_exceptions_of_its_last_second_when_it_is_destroyed) {
  std::vector<Report> reports;
  {
    Loop loop(backend_options());
    loop.set_reporter([&](const Report& report) { reports.push_back(report); });
    for (int i = 0; i < 3; ++i) {
      loop.post([] { throw std::runtime_error("again"); });
    }
    loop.poll();
    cr_expect(reports.size() == 1);
  }
  cr_assert(reports.size() == 2);
  cr_expect(reports[1].count == 2);
}

Test(loop, survives_a_task_that_throws_without_a_reporter_and_a_reporter_that_throws) {
  Loop loop(backend_options());
  bool ran = false;
  loop.post([] { throw std::runtime_error("unheard"); });
  loop.poll();
  loop.set_reporter([](const Report&) { throw std::runtime_error("the reporter too"); });
  loop.post([] { throw std::runtime_error("unheard"); });
  loop.post([&] { ran = true; });
  loop.poll();
  cr_expect(ran);
}

Test(loop, lets_a_reporter_replace_itself) {
  Loop loop(backend_options());
  const auto token = std::make_shared<std::string>("still here");
  std::string seen;
  loop.set_reporter([&loop, &seen, token](const Report&) {
    loop.set_reporter({});
    seen = *token;
  });
  loop.post([] { throw std::runtime_error("once"); });
  loop.post([] { throw std::runtime_error("twice"); });
  loop.poll();
  cr_expect(seen == "still here");
  cr_expect(token.use_count() == 1);
}

Test(loop, uses_no_processor_while_nothing_happens) {
  Loop loop(backend_options());
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(300));
    loop.stop();
  });
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &before);
  loop.run();
  ::getrusage(RUSAGE_THREAD, &after);
  other.join();
  const auto used = [](const rusage& usage) {
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
  };
  cr_expect(used(after) - used(before) < 30000, "%ld us", used(after) - used(before));
  cr_expect(loop.counters().turns < 5, "%lu turns", loop.counters().turns);
}
