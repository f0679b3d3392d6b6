// The timeouts of a connection: to the millisecond on virtual time, and each once on the real
// clock.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/slowness.h"
#include "support/streams.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Address kFrom = Address::loopback(AF_INET, 49152);
constexpr milliseconds kMillisecond{1};

ConnectionOptions timeouts(milliseconds idle, milliseconds write = milliseconds(0),
                           milliseconds linger = milliseconds(0)) {
  ConnectionOptions options;
  options.idle_timeout = idle;
  options.write_timeout = write;
  options.linger_timeout = linger;
  return options;
}

using Clock = std::chrono::steady_clock;

// The time from `begin`, which is before the timeout can have started, until the handler's
// on_close().
milliseconds time_to_close(Loop& loop, const Handler& handler, Clock::time_point begin,
                           std::size_t closes = 1) {
  while (handler.closes < closes) loop.run_once();
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

}  // namespace

Test(connection_timeouts, an_idle_connection_is_closed_after_the_whole_timeout) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(30)));
  peer.advance(seconds(30) - kMillisecond);
  cr_expect(!peer.closed());
  peer.advance(kMillisecond);
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
  cr_expect(handler.last_reason == make_error_code(CloseReason::idle_timeout));
  cr_expect(!peer.saw_reset(), "nothing was queued for the peer");
}

Test(connection_timeouts, a_connection_knows_its_age_and_how_long_it_has_been_idle) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(hours(24)));
  cr_expect(peer.connection().age() == seconds(0));
  peer.advance(seconds(90));
  cr_expect(peer.connection().age() == seconds(90));
  cr_expect(peer.connection().idle() == seconds(90));
  peer.send("x");
  peer.advance(milliseconds(1500));
  cr_expect(peer.connection().idle() == milliseconds(1500));
  cr_expect(peer.connection().age() == seconds(91));
}

Test(connection_timeouts, how_long_it_has_been_idle_is_not_known_without_an_idle_timeout) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.advance(seconds(90));
  cr_expect(!peer.connection().idle().has_value());
  cr_expect(peer.connection().age() == seconds(90));
}

Test(connection_timeouts, a_byte_in_either_direction_restarts_the_idle_timeout) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(30)));
  for (int i = 0; i < 5; ++i) {
    peer.advance(seconds(29));
    peer.send("x");
    peer.advance(seconds(29));
    peer.connection().send("x");
    peer.settle();
  }
  cr_expect(!peer.closed());
  peer.advance(seconds(30));
  cr_expect(peer.closed());
}

Test(connection_timeouts, a_byte_that_the_peer_does_not_read_is_not_activity) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(30)), kFrom, 0);
  peer.advance(seconds(20));
  peer.connection().send("x");
  peer.settle();
  peer.advance(seconds(10));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
  cr_expect(peer.saw_reset(), "the queue was dropped, and the peer sees a reset");
}

Test(connection_timeouts, zero_means_never) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0)), kFrom, 0);
  peer.connection().send("nobody takes this");
  peer.advance(hours(24 * 365));
  cr_expect(!peer.closed());
}

Test(connection_timeouts, each_connection_expires_at_its_own_time) {
  Handler handler;
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  const TimePoint begin = loop.now();
  std::vector<milliseconds> closed;
  handler.close = [&](Connection&, std::error_code) {
    closed.push_back(std::chrono::duration_cast<milliseconds>(loop.now() - begin));
  };
  // The connections of a listener share a list; these are in two lists.
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(
        std::make_unique<MemoryPeer>(loop, handler, timeouts(milliseconds(100 - 7 * i))));
    loop.advance(milliseconds(5));
  }
  loop.advance(seconds(1));
  cr_expect(
      (closed == std::vector{milliseconds(5 + 93), milliseconds(10 + 86), milliseconds(100)}) ||
      (closed == std::vector{milliseconds(96), milliseconds(98), milliseconds(100)}));
}

Test(connection_timeouts, a_peer_that_reads_none_of_its_queue_is_closed) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0), seconds(60)), kFrom, 0);
  peer.advance(hours(1));
  cr_expect(!peer.closed(), "nothing waits");
  peer.connection().send("answer");
  peer.settle();
  peer.advance(seconds(60) - kMillisecond);
  cr_expect(!peer.closed());
  peer.advance(kMillisecond);
  cr_expect(peer.close_reason() == CloseReason::write_timeout && peer.saw_reset());
}

Test(connection_timeouts, a_peer_that_reads_a_byte_now_and_then_is_not_closed) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0), seconds(60)), kFrom, 0);
  peer.connection().send("slowly");
  peer.settle();
  for (int i = 0; i < 5; ++i) {
    peer.advance(seconds(59));
    peer.set_window(1);
  }
  cr_expect(!peer.closed());
  cr_expect(peer.received() == "slowl");
  peer.connection().send(" and more");
  peer.settle();
  peer.advance(seconds(60));
  cr_expect(peer.close_reason() == CloseReason::write_timeout, "a new send is no progress");
}

Test(connection_timeouts, an_emptied_queue_restarts_the_write_timeout) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0), seconds(60)), kFrom, 0);
  peer.connection().send("x");
  peer.settle();
  peer.advance(seconds(59));
  peer.set_window(1);
  peer.advance(hours(1));
  peer.connection().send("y");
  peer.settle();
  peer.advance(seconds(59));
  cr_expect(!peer.closed());
  peer.advance(seconds(1));
  cr_expect(peer.closed());
}

Test(connection_timeouts, a_close_that_cannot_flush_ends_with_the_write_timeout) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0), seconds(60), seconds(2)), kFrom, 0);
  peer.connection().send("last words");
  peer.connection().close();
  peer.settle();
  peer.advance(seconds(59));
  cr_expect(peer.connection().state() == Connection::State::flushing);
  peer.advance(seconds(1));
  cr_expect(peer.close_reason() == CloseReason::write_timeout && peer.saw_reset());
}

Test(connection_timeouts, a_peer_that_does_not_close_is_closed_after_the_linger_timeout) {
  Handler handler;
  // The idle timeout is shorter, but a connection that was closed lingers and is not idle.
  MemoryPeer peer(handler, timeouts(seconds(1), seconds(60), seconds(2)));
  peer.connection().close();
  peer.settle();
  for (int i = 0; i < 19; ++i) {
    peer.advance(milliseconds(100));
    peer.send("still talking");
  }
  cr_expect(peer.connection().state() == Connection::State::lingering);
  cr_expect(peer.unread() == 0);
  peer.advance(milliseconds(99));
  cr_expect(!peer.closed());
  peer.advance(kMillisecond);
  cr_expect(peer.close_reason() == CloseReason::closed);
  cr_expect(!handler.last_reason && handler.input.empty());
}

Test(connection_timeouts, a_linger_timeout_of_zero_closes_at_once) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(0)));
  peer.connection().send("bye");
  peer.connection().close();
  peer.settle();
  cr_expect(peer.closed() && peer.received() == "bye");
}

Test(connection_timeouts, idle_connections_are_closed_in_real_time_and_cost_no_turns) {
  Handler handler;
  Loop loop(backend_options());
  std::vector<Peer> peers;
  const auto begin = Clock::now();
  for (int i = 0; i < 20; ++i) {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler, timeouts(milliseconds(150)));
    peers.emplace_back(std::move(pair.peers));
  }
  loop.poll();
  const std::uint64_t turns = loop.counters().turns;
  const milliseconds took = time_to_close(loop, handler, begin, 20);
  cr_expect(took >= milliseconds(149), "after %d ms", static_cast<int>(took.count()));
  cr_expect(loop.counters().turns - turns < 40, "%ju turns", loop.counters().turns - turns);
  cr_expect(loop.counters().closed_by(CloseReason::idle_timeout) == 20);
}

Test(connection_timeouts, activity_restarts_the_timeout_in_real_time) {
  const bool stayed = succeeds_once([] {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler,
                      timeouts(slowness() * milliseconds(200)));
    Peer peer(std::move(pair.peers));
    Clock::time_point begin;
    for (int i = 0; i < 4; ++i) {
      const auto until = Clock::now() + slowness() * milliseconds(80);
      turn_until(loop, [&] { return Clock::now() >= until; });
      begin = Clock::now();
      (void)peer.offer("x");
      loop.poll();
    }
    if (handler.closes > 0) return false;
    cr_expect(time_to_close(loop, handler, begin) >= slowness() * milliseconds(198));
    return true;
  });
  cr_expect(stayed);
}

Test(connection_timeouts, a_peer_that_never_reads_is_closed_in_real_time) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler,
                                             timeouts(milliseconds(0), milliseconds(100)));
  const auto begin = Clock::now();
  connection.send(std::string(10'000'000, 'x'));
  // The peer reads nothing, but the kernel accepts a part. So the timeout starts when its buffer is
  // full.
  cr_expect(time_to_close(loop, handler, begin) >= milliseconds(99));
  cr_expect(loop.counters().closed_by(CloseReason::write_timeout) == 1);
}

Test(connection_timeouts, a_peer_that_never_closes_is_closed_in_real_time) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const auto begin = Clock::now();
  Connection::adopt(loop, std::move(pair.ours), handler,
                    timeouts(milliseconds(0), milliseconds(0), milliseconds(100)))
      .close();
  cr_expect(time_to_close(loop, handler, begin) >= milliseconds(99));
  cr_expect(loop.counters().closed_by(CloseReason::closed) == 1);
}

// After a loop was stopped, as under SIGSTOP, timers are due before it has checked its sockets.
Test(connection_timeouts, bytes_that_arrive_while_the_loop_is_stopped_are_activity) {
  const bool the_silent_one_alone = succeeds_once([] {
    Handler handler;
    Loop loop(backend_options());
    std::vector<Peer> peers;
    // More events than libev gets from one wait.
    for (int i = 0; i < 200; ++i) {
      Pair pair = unix_pair();
      Connection::adopt(loop, std::move(pair.ours), handler,
                        timeouts(slowness() * milliseconds(400)));
      peers.emplace_back(std::move(pair.peers));
    }
    loop.poll();
    if (handler.closes > 0) return false;  // this test was late
    for (int i = 1; i < 200; ++i) peers[static_cast<std::size_t>(i)].send("x");
    std::this_thread::sleep_for(slowness() * milliseconds(450));
    turn_until(loop, [&] { return loop.counters().bytes_in == 199 || handler.closes > 1; });
    return loop.counters().bytes_in == 199 && handler.closes == 1;
  });
  cr_expect(the_silent_one_alone);
}

Test(connection_timeouts, bytes_that_the_peer_reads_while_the_loop_is_stopped_are_progress) {
  const bool are = succeeds_once([] {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = unix_pair();
    Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler,
                                               timeouts(milliseconds(0), milliseconds(100)));
    connection.send(std::string(1'000'000, 'x'));
    loop.poll();
    Peer peer(std::move(pair.peers));
    const std::size_t first = peer.waiting().size();
    cr_assert(first > 0);
    std::this_thread::sleep_for(milliseconds(150));
    loop.poll();
    return handler.closes == 0 && !peer.waiting().empty();
  });
  cr_expect(are);
}

Test(connection_timeouts,
     does_not_take_the_time_of_a_slow_handler_for_the_silence_of_another_peer) {
  constexpr milliseconds kIdle{500};
  for (const bool slow_is_written_first : {false, true}) {
    Handler live;
    Handler slow;
    Loop loop(backend_options());
    Pair pairs[] = {unix_pair(), unix_pair()};
    Connection::adopt(loop, std::move(pairs[0].ours), live, timeouts(kIdle));
    Connection::adopt(loop, std::move(pairs[1].ours), slow);
    Peer live_peer(std::move(pairs[0].peers));
    Peer slow_peer(std::move(pairs[1].peers));
    slow.data = [&](Connection&, std::string_view in) {
      (void)loop.now();
      std::this_thread::sleep_for(kIdle + milliseconds(100));
      live_peer.send("y");
      return in.size();
    };
    if (slow_is_written_first) slow_peer.send("x");
    live_peer.send("x");
    if (!slow_is_written_first) slow_peer.send("x");
    while (slow.input.empty() || live.input != "xy") loop.run_once();
    loop.poll();
    cr_expect(live.closes == 0, "its last byte was just read");
  }
}

Test(connection_timeouts, do_not_run_against_a_peer_whose_bytes_wait_for_us) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection =
      Connection::adopt(loop, std::move(pair.ours), handler, timeouts(milliseconds(50)));
  Peer peer(std::move(pair.peers));
  connection.pause();
  peer.send("x");
  const auto begin = Clock::now();
  while (Clock::now() < begin + milliseconds(200)) {
    loop.poll();
    std::this_thread::sleep_for(kMillisecond);
  }
  cr_expect(handler.closes == 0);
  connection.resume();
  cr_expect(time_to_close(loop, handler, begin) >= milliseconds(200));
  cr_expect(handler.input == "x");
  cr_expect(handler.last_reason == make_error_code(CloseReason::idle_timeout));
}

Test(connection_timeouts, run_against_a_silent_peer_although_the_connection_is_paused) {
  Handler handler;
  MemoryPeer peer(handler, timeouts(seconds(30)));
  peer.connection().pause();
  peer.advance(seconds(30));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
}
