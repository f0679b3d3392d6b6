// A loop on the ev_loop of a host, next to the host's own watchers.
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/backend.h"
#include <sluice/detail/idle_list.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using sluice::Backend;
using sluice::Clock;
using sluice::IdleList;
using sluice::Loop;
using sluice::TimePoint;
using sluice::Timer;
using std::chrono::milliseconds;

TestSuite(loop_host, .timeout = 20);

namespace {

unsigned host_backend() {
  switch (backend_options().backend) {
    case Backend::epoll:
      return EVBACKEND_EPOLL;
    case Backend::poll:
      return EVBACKEND_POLL;
    case Backend::select:
      return EVBACKEND_SELECT;
    default:
      return EVFLAG_AUTO;
  }
}

class Host {
 public:
  Host() : ev_(ev_loop_new(host_backend())) { cr_assert(ev_ != nullptr); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { ev_loop_destroy(ev_); }
  struct ev_loop* ev() {
    return ev_;
  }
  void run() { ev_run(ev_, 0); }

 private:
  struct ev_loop* ev_;
};

// A timer of the host, with libev's interface.
class HostTimer {
 public:
  HostTimer(Host& host, double after, std::function<void()> function)
      : host_(host), function_(std::move(function)) {
    ev_timer_init(
        &timer_,
        [](struct ev_loop*, ev_timer* timer, int) {
          static_cast<HostTimer*>(timer->data)->function_();
        },
        after, 0.);
    timer_.data = this;
    ev_now_update(host.ev());
    ev_timer_start(host.ev(), &timer_);
  }
  HostTimer(const HostTimer&) = delete;
  HostTimer& operator=(const HostTimer&) = delete;
  ~HostTimer() { ev_timer_stop(host_.ev(), &timer_); }

 private:
  Host& host_;
  std::function<void()> function_;
  ev_timer timer_{};
};

}  // namespace

Test(loop_host, returns_its_hosts_loop_and_backend) {
  Host host;
  const Loop loop(host.ev(), backend_options());
  cr_expect(loop.native() == host.ev());
  if (backend_options().backend != Backend::automatic) {
    cr_expect(loop.backend() == backend_options().backend);
  }
}

Test(loop_host, does_not_keep_its_host_running) {
  Host host;
  const Loop loop(host.ev(), backend_options());
  host.run();
}

Test(loop_host, runs_beside_its_hosts_watchers) {
  Host host;
  Loop loop(host.ev(), backend_options());
  std::string order;
  std::optional<HostTimer> last;
  Timer second(loop, [&] {
    order += 't';
    last.emplace(host, 0.001, [&] { order += 'H'; });
  });
  HostTimer first(host, 0.001, [&] {
    order += 'h';
    second.start(milliseconds(1));
    loop.post([&] { order += 'p'; });
    loop.defer([&] { order += 'd'; });
  });
  host.run();
  // The post runs in the next turn, and so may the timer, if this turn took long.
  cr_expect(order == "hdptH" || order == "hdtpH", "%s", order.c_str());
}

Test(loop_host, keeps_its_host_running_for_a_running_timer) {
  Host host;
  Loop loop(host.ev(), backend_options());
  bool ran = false;
  Timer timer(loop, [&] { ran = true; });
  timer.start(milliseconds(10));
  host.run();
  cr_expect(ran);
}

Test(loop_host, keeps_its_host_running_for_a_timer_that_its_last_watcher_starts) {
  Host host;
  Loop loop(host.ev(), backend_options());
  bool ran = false;
  Timer timer(loop, [&] { ran = true; });
  HostTimer last(host, 0.001, [&] { timer.start(milliseconds(10)); });
  host.run();
  cr_expect(ran);
}

Test(loop_host, lets_its_host_return_when_a_timer_is_stopped) {
  Host host;
  Loop loop(host.ev(), backend_options());
  Timer timer(loop, [] { cr_expect(false); });
  timer.start(std::chrono::minutes(10));
  timer.stop();
  host.run();
  timer.start(std::chrono::minutes(10));
  HostTimer stops(host, 0.005, [&] { timer.stop(); });
  host.run();
}

Test(loop_host, lets_its_host_return_while_an_idle_timeout_is_armed) {
  Host host;
  Loop loop(host.ev(), backend_options());
  IdleList idle(loop, std::chrono::minutes(10), [](IdleList::Node&) {});
  {
    IdleList::Node node;
    idle.touch(node);
  }
  host.run();
}

Test(loop_host, keeps_its_host_running_for_a_timer_behind_an_idle_timeout) {
  Host host;
  Loop loop(host.ev(), backend_options());
  IdleList idle(loop, milliseconds(5), [](IdleList::Node&) {});
  IdleList::Node node;
  idle.touch(node);
  bool ran = false;
  Timer timer(loop, [&] { ran = true; });
  HostTimer starts(host, 0.002, [&] { timer.start(milliseconds(30)); });
  host.run();
  cr_expect(ran);
}

Test(loop_host, ends_the_turn_before_its_host_returns) {
  Host host;
  Loop loop(host.ev(), backend_options());
  std::string order;
  HostTimer last(host, 0.001, [&] {
    loop.defer([&] {
      order += '1';
      loop.defer([&] { order += '2'; });
    });
  });
  host.run();
  cr_expect(order == "12", "\"%s\" of what was deferred ran", order.c_str());
}

Test(loop_host, runs_tasks_that_were_deferred_before_its_host_runs) {
  Host host;
  Loop loop(host.ev(), backend_options());
  bool ran = false;
  loop.defer([&] { ran = true; });
  host.run();
  cr_expect(ran);
}

Test(loop_host, measures_a_delay_from_the_call_between_two_runs_of_its_host) {
  Host host;
  Loop loop(host.ev(), backend_options());
  HostTimer breaks(host, 0.001, [&] {
    (void)loop.now();
    ev_break(host.ev(), EVBREAK_ALL);
  });
  host.run();
  std::this_thread::sleep_for(milliseconds(40));
  Timer timer(loop, [] {});
  const TimePoint asked = Clock::now();
  timer.start(milliseconds(30));
  host.run();
  cr_expect(Clock::now() >= asked + milliseconds(30));
}

Test(loop_host, is_woken_by_a_post_from_another_thread) {
  Host host;
  Loop loop(host.ev(), backend_options());
  HostTimer keeps(host, 600., [] {});
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(5));
    loop.post([&] { ev_break(host.ev(), EVBREAK_ALL); });
  });
  host.run();
  other.join();
}

Test(loop_host, ends_the_run_of_its_host_when_it_is_stopped) {
  Host host;
  Loop loop(host.ev(), backend_options());
  HostTimer keeps(host, 600., [] {});
  loop.post([&] { loop.stop(); });
  host.run();
  std::thread other([&] { loop.stop(); });
  host.run();
  other.join();
}

Test(loop_host, runs_the_watchers_of_its_host_when_it_runs_itself) {
  Host host;
  Loop loop(host.ev(), backend_options());
  int ran = 0;
  HostTimer first(host, 0.001, [&] { ++ran; });
  HostTimer second(host, 0.005, [&] {
    ++ran;
    loop.stop();
  });
  loop.run();
  cr_expect(ran == 2);
  HostTimer third(host, 0.001, [&] { ++ran; });
  for (int i = 0; i < 3 && ran < 3; ++i) loop.run_once();
  cr_expect(ran == 3);
  std::this_thread::sleep_for(milliseconds(2));
  HostTimer fourth(host, 0., [&] { ++ran; });
  loop.poll();
  cr_expect(ran == 4);
}

Test(loop_host, continues_to_run_itself_when_its_host_has_nothing_to_wait_for) {
  Host host;
  Loop loop(host.ev(), backend_options());
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(10));
    loop.stop();
  });
  loop.run();
  other.join();
}

// libev counts the watchers that keep it running. If the loop took away more than it added, libev
// would return too soon; if less, never.
Test(loop_host, leaves_the_loop_of_its_host_unchanged) {
  Host host;
  for (int i = 0; i < 20; ++i) {
    Loop loop(host.ev(), backend_options());
    loop.defer([] {});
    Timer timer(loop, [] {});
    timer.start(std::chrono::minutes(10));
    if (i % 2 == 0) timer.stop();
    if (i % 3 == 0) loop.poll();
  }
  host.run();
  bool ran = false;
  HostTimer last(host, 0.01, [&] { ran = true; });
  host.run();
  cr_expect(ran);
}

Test(loop_host, may_share_the_loop_of_its_host_with_another) {
  Host host;
  Loop first(host.ev(), backend_options());
  auto second = std::make_unique<Loop>(host.ev(), backend_options());
  std::string order;
  Timer a(first, [&] { order += 'a'; });
  {
    Timer b(*second, [&] {
      order += 'b';
      a.start(milliseconds(1));
      second->defer([&] { order += 'd'; });
    });
    b.start(milliseconds(1));
    host.run();
  }
  cr_expect(order == "bda", "%s", order.c_str());
  second.reset();
  a.start(milliseconds(1));
  host.run();
  cr_expect(order == "bdaa", "%s", order.c_str());
}

Test(loop_host, returns_no_backend_if_the_host_uses_one_that_is_not_allowed) {
  struct ev_loop* const ev = ev_loop_new(EVBACKEND_IOURING);
  if (ev == nullptr) cr_skip_test("this system has no io_uring");
  {
    const Loop loop(ev);
    cr_expect(loop.backend() == Backend::automatic);
  }
  ev_loop_destroy(ev);
}
