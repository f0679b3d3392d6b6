// Which thread may use a loop, and what happens to other threads in a build with assertions.
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/connector.h>
#include <sluice/datagram.h>
#include <sluice/end_of_turn.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/resolver.h>
#include <sluice/signals.h>
#include <sluice/timer.h>
#include <sluice/watch.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TestSuite(loop_thread, .timeout = 20);

Test(loop_thread, that_made_a_loop_may_pass_it_to_another_before_it_runs) {
  Loop loop(backend_options());
  Handler handler;
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  int ran = 0;
  Timer timer(loop, [&] { ++ran; });
  std::thread other([&] {
    // The loop does not run yet, so this thread may use it as well.
    timer.start(milliseconds(0));
    connection.send("from the other thread");
    while (ran == 0) loop.run_once();
    loop.defer([&] { loop.stop(); });
    loop.run();
  });
  other.join();
  cr_expect(ran == 1);
  // And back, for the remaining work and the destructor.
  cr_expect(peer.receive(loop, 21) == "from the other thread");
  connection.close();
  peer.close();
  turn_until(loop, [&] { return handler.closes == 1; });
}

Test(loop_thread, may_be_a_different_one_in_each_run_of_a_host) {
  struct ev_loop* const host = ev_loop_new(EVFLAG_AUTO);
  cr_assert(host != nullptr);
  {
    Loop loop(host);
    int ran = 0;
    Timer timer(loop, [&] {
      ++ran;
      (void)loop.now();
    });
    for (int i = 0; i < 2; ++i) {
      timer.start(milliseconds(1));
      std::thread other([&] { ev_run(host, 0); });
      other.join();
      timer.start(milliseconds(1));
      ev_run(host, 0);
    }
    cr_expect(ran == 4);
  }
  ev_loop_destroy(host);
}

Test(loop_thread, other_than_the_loops_may_post_and_stop_while_it_runs) {
  Loop loop(backend_options());
  std::thread other([&] {
    loop.post([&] { (void)loop.now(); });
    loop.stop();
  });
  loop.run();
  other.join();
}

#ifndef NDEBUG
namespace {

class Deaf final : public DatagramHandler {
  void on_datagram(DatagramSocket& /*socket*/, const Datagram& /*datagram*/) override {}
};

// Calls `misuse` while another thread runs the loop, and waits there: the process must end.
void misuse_from_elsewhere(Loop& loop, const std::function<void()>& misuse) {
  std::atomic<bool> runs{false};
  loop.post([&] { runs = true; });
  std::thread runner([&] { loop.run(); });
  while (!runs) std::this_thread::yield();
  misuse();
  // Not reached. Without an assertion, the test would end normally, and so fail.
  loop.stop();
  runner.join();
}

}  // namespace

Test(loop_thread, other_than_the_loops_may_not_read_the_time, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { (void)loop.now(); });
}

Test(loop_thread, other_than_the_loops_may_not_defer, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { loop.defer([] {}); });
}

Test(loop_thread, other_than_the_loops_may_not_run_it_too, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { loop.poll(); });
}

Test(loop_thread, other_than_the_loops_may_not_drain, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { loop.drain(seconds(1)); });
}

Test(loop_thread, other_than_the_loops_may_not_start_a_timer, .signal = SIGABRT) {
  Loop loop(backend_options());
  Timer timer(loop, [] {});
  misuse_from_elsewhere(loop, [&] { timer.start(seconds(1)); });
}

Test(loop_thread, other_than_the_loops_may_not_stop_a_timer, .signal = SIGABRT) {
  Loop loop(backend_options());
  Timer timer(loop, [] {});
  timer.start(seconds(100));
  misuse_from_elsewhere(loop, [&] { timer.stop(); });
}

Test(loop_thread, other_than_the_loops_may_not_request_the_end_of_a_turn, .signal = SIGABRT) {
  Loop loop(backend_options());
  EndOfTurn end(loop, [] {});
  misuse_from_elsewhere(loop, [&] { end.request(); });
}

Test(loop_thread, other_than_the_loops_may_not_watch, .signal = SIGABRT) {
  Loop loop(backend_options());
  const Pair pair = unix_pair();
  Watch watch(loop, pair.ours.get(), [](int) {});
  misuse_from_elsewhere(loop, [&] { watch.watch(kReadable); });
}

Test(loop_thread, other_than_the_loops_may_not_catch_a_signal, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { const Signal signal(loop, SIGUSR1, [] {}); });
}

Test(loop_thread, other_than_the_loops_may_not_send, .signal = SIGABRT) {
  Loop loop(backend_options());
  Handler handler;
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  misuse_from_elsewhere(loop, [&] { connection.send("too soon"); });
}

Test(loop_thread, other_than_the_loops_may_not_close, .signal = SIGABRT) {
  Loop loop(backend_options());
  Handler handler;
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  misuse_from_elsewhere(loop, [&] { connection.close(); });
}

Test(loop_thread, other_than_the_loops_may_not_find_a_connection, .signal = SIGABRT) {
  Loop loop(backend_options());
  misuse_from_elsewhere(loop, [&] { (void)Connection::find(loop, {}); });
}

Test(loop_thread, other_than_the_loops_may_not_listen, .signal = SIGABRT) {
  Handler handler;
  Loop loop(backend_options());
  misuse_from_elsewhere(
      loop, [&] { const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler); });
}

Test(loop_thread, other_than_the_loops_may_not_close_a_listener, .signal = SIGABRT) {
  Handler handler;
  Loop loop(backend_options());
  Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler);
  misuse_from_elsewhere(loop, [&] { listener.close(); });
}

Test(loop_thread, other_than_the_loops_may_not_connect, .signal = SIGABRT) {
  Loop loop(backend_options());
  Connector connector(loop);
  misuse_from_elsewhere(loop, [&] {
    connector.start_socket(
        {}, [](Fd) {}, [](const ConnectError&) {});
  });
}

Test(loop_thread, other_than_the_loops_may_not_send_a_datagram, .signal = SIGABRT) {
  Deaf handler;
  Loop loop(backend_options());
  DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  misuse_from_elsewhere(loop, [&] { socket.send_to({}, socket.local().address()); });
}

Test(loop_thread, other_than_the_loops_may_not_look_up_a_name, .signal = SIGABRT) {
  Loop loop(backend_options());
  Resolver resolver(loop);
  misuse_from_elsewhere(loop, [&] { resolver.cancel({}); });
}
#endif
