// A host that waits for a loop with its own poll(): nothing that the loop has to do is missed, and
// nothing wakes the host that is not there.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/slowness.h"
#include "support/streams.h"
#include <sluice/loop.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

LoopOptions epoll_options() {
  LoopOptions options;
  options.backend = Backend::epoll;
  return options;
}

// The main loop of a program that knows only a descriptor.
struct Host {
  Host() { loop.poll(); }
  // Whether the handle becomes readable.
  bool is_woken(milliseconds within) const {
    pollfd handle{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&handle, 1, static_cast<int>(within.count())) == 1;
  }
  // Waits and polls until `done`. Returns false if nothing woke it any more.
  template <class Done>
  bool run_until(Done&& done) {
    while (!done()) {
      if (!is_woken(seconds(10 * slowness()))) return false;
      ++wakes;
      loop.poll();
    }
    return true;
  }
  void rest() {
    while (is_woken(milliseconds(0))) loop.poll();
  }

  Loop loop{epoll_options()};
  int fd = loop.wait_handle();
  int wakes = 0;
};

int error_of_handle(Loop& loop) {
  try {
    (void)loop.wait_handle();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(wait_handle, is_the_same_each_time_and_silent_when_there_is_nothing_to_do) {
  Host host;
  cr_expect(host.loop.wait_handle() == host.fd);
  host.rest();
  cr_expect(not(host.is_woken(milliseconds(20))));
}

Test(wait_handle, wakes_the_host_for_input) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) {
    connection.send(in);
    return in.size();
  };
  Host host;
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peers));
  Connection::adopt(host.loop, std::move(pair.ours), handler);
  host.loop.poll();
  host.rest();
  for (const char* text : {"one", "two"}) {
    handler.input.clear();
    peer.send(text);
    cr_assert(host.run_until([&] { return handler.input == text; }));
    cr_expect(peer.waiting() == text);
    host.rest();
    cr_expect(not(host.is_woken(milliseconds(0))));
  }
  host.loop.close_all();
}

Test(wait_handle, wakes_the_host_to_write_the_rest_of_an_answer) {
  const std::string answer(2'000'000, 'x');
  Handler handler;
  handler.data = [&answer](Connection& connection, std::string_view in) {
    connection.send(answer);
    return in.size();
  };
  Host host;
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peers));
  Connection::adopt(host.loop, std::move(pair.ours), handler);
  host.loop.poll();
  peer.send("go");
  std::string received;
  cr_assert(host.run_until([&] { return (received += peer.waiting()).size() == answer.size(); }));
  cr_expect(received == answer);
  host.loop.close_all();
}

Test(wait_handle, wakes_the_host_when_a_timer_is_due_and_not_before) {
  Host host;
  int runs = 0;
  TimePoint ran{};
  Timer timer(host.loop, [&] {
    ran = Clock::now();
    ++runs;
  });
  for (const int delay : {0, 1, 30, 3}) {
    const TimePoint due = Clock::now() + milliseconds(delay);
    const int before = runs;
    timer.start(milliseconds(delay));
    host.loop.poll();
    cr_assert(host.run_until([&] { return runs > before; }));
    cr_expect(ran >= due);
  }
  host.rest();
  cr_expect(host.wakes < 60, "%d", host.wakes);
  timer.start(seconds(3600));
  host.loop.poll();
  cr_expect(not(host.is_woken(milliseconds(20))));
}

Test(wait_handle, wakes_the_host_for_a_post_of_another_thread) {
  Host host;
  host.rest();
  for (int round = 0; round < 20; ++round) {
    bool ran = false;
    std::thread other([&] { host.loop.post([&ran] { ran = true; }); });
    cr_expect(host.run_until([&ran] { return ran; }));
    other.join();
    host.rest();
  }
}

Test(wait_handle, wakes_the_host_again_for_turns_that_go_on) {
  Host host;
  int rounds = 0;
  // Each turn asks for another one, more often than a poll() runs turns.
  Task again = [&] {
    if (++rounds < 100) host.loop.defer(again);
  };
  host.loop.defer(again);
  host.loop.poll();
  cr_expect(rounds < 100);
  cr_expect(host.run_until([&rounds] { return rounds == 100; }));
}

Test(wait_handle, knows_what_a_callback_has_just_begun_to_watch) {
  // A timer makes a connection; the host must be woken by its first input.
  Handler handler;
  Host host;
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peers));
  Timer timer(host.loop, [&] { Connection::adopt(host.loop, std::move(pair.ours), handler); });
  timer.start(milliseconds(1));
  host.loop.poll();
  cr_assert(host.run_until([&] { return handler.journal == "open"; }));
  host.rest();
  peer.send("input");
  cr_expect(host.run_until([&] { return handler.input == "input"; }));
  host.loop.close_all();
}

Test(wait_handle, is_refused_where_there_is_none) {
  for (const Backend backend : {Backend::poll, Backend::select}) {
    LoopOptions options;
    options.backend = backend;
    Loop loop(options);
    cr_expect(error_of_handle(loop) == EOPNOTSUPP);
  }
  LoopOptions options = epoll_options();
  options.virtual_time = true;
  Loop loop(options);
  cr_expect(error_of_handle(loop) == EOPNOTSUPP);
}
