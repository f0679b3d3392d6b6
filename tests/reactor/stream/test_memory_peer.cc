// The in-memory peer, on which the tests of embedders rely.
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/streams.h"
#include "support/text.h"
#include <sluice/memory_peer.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

std::size_t echo(Connection& connection, std::string_view in) {
  connection.send(in);
  return in.size();
}

Loop& virtual_loop() {
  LoopOptions options;
  options.virtual_time = true;
  static Loop loop(options);
  return loop;
}

}  // namespace

Test(memory_peer, is_open_and_has_settled_after_construction) {
  Handler handler;
  handler.open = [](Connection& connection) { connection.send("welcome"); };
  MemoryPeer peer(handler);
  cr_expect(handler.journal == "open");
  cr_expect(peer.received() == "welcome");
  cr_expect(peer.received().empty(), "received bytes are returned once");
  cr_expect(!peer.closed() && !peer.saw_end());
  cr_expect(peer.close_reason() == CloseReason::open);
}

Test(memory_peer, calls_the_handler_and_receives_what_it_sends) {
  Handler handler;
  handler.data = echo;
  MemoryPeer peer(handler);
  peer.send(every_byte());
  cr_expect(peer.received() == every_byte());
  peer.send("");
  cr_expect(handler.journal == "open data", "an empty send is not a read");
  const std::string large = numbered(1'000'000);
  peer.send(large);
  cr_expect(peer.received() == large);
}

Test(memory_peer, delivers_each_piece_in_a_separate_read) {
  Handler handler;
  std::vector<std::string> reads;
  handler.data = [&](Connection&, std::string_view in) {
    reads.emplace_back(in);
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send("seven b", 3);
  cr_expect((reads == std::vector<std::string>{"sev", "en ", "b"}));
}

Test(memory_peer, has_the_address_of_its_constructor) {
  Handler handler;
  const Address from = Address::loopback(AF_INET6, 1234);
  MemoryPeer peer(handler, {}, from);
  cr_expect(peer.connection().peer() == from);
  cr_expect(peer.connection().local().family() == AF_UNSPEC);
}

Test(memory_peer, reads_no_more_than_its_window) {
  Handler handler;
  handler.data = echo;
  MemoryPeer peer(handler);
  peer.set_window(4);
  peer.send("123456789");
  cr_expect(peer.received() == "1234");
  cr_expect(peer.connection().queued() == 5);
  peer.set_window(3);
  cr_expect(peer.received() == "567");
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == "89");
  cr_expect(peer.connection().queued() == 0);
}

Test(memory_peer, may_have_a_window_from_the_first_byte_on) {
  Handler handler;
  handler.open = handler.drain = [](Connection& connection) {
    connection.send(numbered(connection.options().high_water + 1));  // without end
  };
  MemoryPeer peer(handler, {}, Address::loopback(AF_INET, 1), 10);
  cr_expect(peer.received() == "0 1 2 3 4 ");
}

Test(memory_peer, half_closes) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.send("bye");
  peer.end();
  cr_expect(handler.journal == "open data eof close:closed in order");
  cr_expect(peer.closed() && peer.saw_end() && !peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(memory_peer, sees_a_half_close) {
  Handler handler;
  handler.open = [](Connection& connection) {
    connection.send("all I have to say");
    connection.shutdown();
  };
  MemoryPeer peer(handler);
  cr_expect(peer.received() == "all I have to say");
  cr_expect(peer.saw_end() && !peer.closed());
  peer.send("still heard");
  cr_expect(handler.input == "still heard");
  peer.end();
  cr_expect(peer.closed());
}

Test(memory_peer, lets_a_closing_connection_linger_until_it_ends) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.connection().close();
  peer.settle();
  cr_expect(peer.saw_end() && !peer.closed());
  peer.send("dropped");
  peer.end();
  cr_expect(peer.closed() && !peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::closed);
  cr_expect(handler.input.empty());
}

Test(memory_peer, sees_a_reset_when_the_connection_is_aborted) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) {
    connection.abort();
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send("x");
  cr_expect(peer.closed() && peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::aborted);
}

Test(memory_peer, resets_with_the_requested_error) {
  for (const int error : {ECONNRESET, ETIMEDOUT}) {
    Handler handler;
    MemoryPeer peer(handler);
    peer.reset(error);
    cr_expect(peer.close_reason() ==
              (error == ECONNRESET ? CloseReason::peer_reset : CloseReason::system_error));
    cr_expect(handler.last_reason == std::error_code(error, std::generic_category()));
  }
}

Test(memory_peer, keeps_what_a_paused_connection_does_not_read) {
  Handler handler;
  handler.open = [](Connection& connection) { connection.pause(); };
  MemoryPeer peer(handler);
  peer.send("1234567", 3);
  cr_expect(peer.unread() == 7);
  peer.connection().resume();
  peer.settle();
  cr_expect(peer.unread() == 0 && handler.input == "1234567");
}

// As a socket's loop would: the input that was left comes before the next event.
Test(memory_peer, delivers_unconsumed_input_before_the_end) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) -> std::size_t {
    if (connection.paused()) return 0;
    if (in == "first") {
      connection.pause();
      return 0;
    }
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send("first");
  handler.data = nullptr;
  peer.connection().resume();
  peer.end();
  cr_expect(handler.journal == "open data data eof close:closed in order", "%s",
            handler.journal.c_str());
}

Test(memory_peer, advances_time_only_on_request) {
  Handler handler;
  MemoryPeer peer(handler);
  const TimePoint begin = peer.loop().now();
  peer.send("x");
  peer.settle();
  cr_expect(peer.loop().now() == begin);
  peer.advance(hours(24 * 365));
  cr_expect(peer.loop().now() == begin + hours(24 * 365));
}

Test(memory_peer, times_out_an_idle_handler_at_the_very_millisecond) {
  Handler handler;
  ConnectionOptions options;
  options.idle_timeout = minutes(5);
  MemoryPeer peer(handler, options);
  peer.advance(minutes(5) - milliseconds(1));
  cr_expect(!peer.closed());
  peer.advance(milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
}

Test(memory_peer, runs_each_timer_at_its_own_time) {
  Handler handler;
  MemoryPeer peer(handler);
  std::vector<TimePoint> at;
  const TimePoint begin = peer.loop().now();
  Timer tick(peer.loop(), [&] {
    at.push_back(peer.loop().now());
    peer.connection().send(".");
  });
  tick.start_repeating(milliseconds(400));
  peer.advance(milliseconds(1000));
  cr_expect((at == std::vector<TimePoint>{begin + milliseconds(400), begin + milliseconds(800)}));
  cr_expect(peer.received() == "..");
}

Test(memory_peer, keeps_the_exceptions_of_a_handler) {
  Handler handler;
  handler.data = [](Connection&, std::string_view) -> std::size_t {
    throw std::runtime_error("no such command");
  };
  MemoryPeer peer(handler);
  peer.send("x");
  cr_expect(peer.closed() && peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::handler_threw);
  cr_assert(peer.reports().size() == 1);
  cr_expect(peer.reports()[0].kind == Report::Kind::handler_threw);
  cr_expect(peer.reports()[0].where == "on_data");
  cr_expect(peer.reports()[0].what == "no such command");
}

Test(memory_peer, closes_the_connection_when_it_is_destroyed) {
  Handler handler;
  { const MemoryPeer peer(handler); }
  cr_expect(handler.journal == "open close:aborted");
}

Test(memory_peer, shares_a_loop_with_others) {
  Handler handler;
  std::vector<Connection*> all;
  handler.open = [&](Connection& connection) { all.push_back(&connection); };
  handler.data = [&](Connection& from, std::string_view in) {
    for (Connection* to : all) {
      if (to != &from) to->send(in);
    }
    return in.size();
  };
  handler.close = [&](Connection& gone, std::error_code) { std::erase(all, &gone); };
  MemoryPeer one(virtual_loop(), handler);
  MemoryPeer two(virtual_loop(), handler);
  MemoryPeer three(virtual_loop(), handler);
  one.send("hello");
  cr_expect(one.received().empty());
  cr_expect(two.received() == "hello" && three.received() == "hello");
  two.end();
  cr_expect(two.closed() && !one.closed() && !three.closed());
  cr_expect(one.loop().counters().connections_open == 2);
}

// One byte more was written and one connection fewer is open: two changes, not none.
Test(memory_peer, settles_when_a_last_send_and_a_close_occur_together) {
  Handler handler;
  MemoryPeer other(virtual_loop(), handler);
  Handler leaving;
  leaving.close = [&](Connection&, std::error_code) {
    other.loop().defer([&] { other.connection().send("!"); });
  };
  MemoryPeer peer(virtual_loop(), leaving);
  peer.connection().abort();
  peer.settle();
  cr_expect(other.received() == "!");
}
