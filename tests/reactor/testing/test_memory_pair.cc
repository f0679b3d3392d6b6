// Two handlers in memory: bytes, ends, resets, backpressure and time, as between sockets.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/streams.h"
#include "support/xor_transport.h"
#include <sluice/memory_pair.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::size_t echo(Connection& connection, std::string_view text) {
  connection.send(text);
  return text.size();
}

void send_hello(Connection& connection) { connection.send("hello"); }

}  // namespace

Test(memory_pair, each_receives_what_the_other_sends) {
  Handler client;
  Handler server;
  client.open = send_hello;
  server.data = echo;
  MemoryPair pair(client, server);
  cr_expect(server.input == "hello" && client.input == "hello");
  cr_expect(pair.first_sent() == 5 && pair.second_sent() == 5);
  pair.second_connection().send("; and more");
  pair.settle();
  cr_expect(client.input == "hello; and more");
  cr_expect(pair.first_connection().peer().port() == 7);
  cr_expect(not(pair.closed()));
}

Test(memory_pair, an_end_arrives_after_the_bytes_and_both_close) {
  Handler client;
  Handler server;
  client.open = [](Connection& connection) {
    connection.send("last words");
    connection.close();
  };
  MemoryPair pair(client, server);
  cr_expect(pair.closed());
  cr_expect(server.input == "last words");
  cr_expect(server.journal == "open data eof close:closed in order", "%s", server.journal.c_str());
  cr_expect(not(client.last_reason) && not(server.last_reason));
}

Test(memory_pair, a_half_closed_stream_goes_on_in_the_other_direction) {
  Handler client;
  Handler server;
  client.open = [](Connection& connection) {
    connection.send("question");
    connection.shutdown();
  };
  server.eof = [](Connection& connection) {
    connection.send("answer");
    connection.close();
  };
  MemoryPair pair(client, server);
  cr_expect(client.input == "answer");
  cr_expect(pair.closed());
}

Test(memory_pair, a_reset_reaches_the_other) {
  Handler client;
  Handler server;
  MemoryPair pair(client, server);
  pair.first_connection().abort();
  pair.settle();
  cr_expect(pair.first().close_reason() == CloseReason::aborted);
  cr_expect(pair.second().close_reason() == CloseReason::peer_reset);
}

Test(memory_pair, the_window_holds_up_a_sender_whose_peer_does_not_read) {
  Handler client;
  Handler server;
  const std::string text(100'000, 'x');
  client.open = [&text](Connection& connection) { connection.send(text); };
  server.open = [](Connection& connection) { connection.pause(); };
  MemoryPairOptions options;
  options.window = 10'000;
  MemoryPair pair(client, server, options);
  cr_expect(server.input.empty());
  cr_expect(pair.first_connection().queued() == 90'000);
  pair.second_connection().resume();
  pair.settle();
  cr_expect(server.input == text);
  cr_expect(pair.first_connection().queued() == 0);
}

Test(memory_pair, the_bytes_can_arrive_one_at_a_time) {
  Handler client;
  Handler server;
  client.open = send_hello;
  MemoryPairOptions options;
  options.piece = 1;
  MemoryPair pair(client, server, options);
  cr_expect(server.journal == "open data data data data data");
}

Test(memory_pair, what_a_timer_causes_is_passed_on_before_the_next_one) {
  Handler client;
  Handler server;
  server.data = echo;
  MemoryPair pair(client, server);
  TimePoint answered{};
  client.data = [&](Connection&, std::string_view text) {
    answered = pair.loop().now();
    return text.size();
  };
  const TimePoint start = pair.loop().now();
  Timer ask(pair.loop(), [&] { pair.first_connection().send("?"); });
  Timer later(pair.loop(), [] {});
  ask.start(milliseconds(100));
  later.start(milliseconds(200));
  pair.advance(seconds(1));
  cr_expect(answered - start == milliseconds(100));
  cr_expect(pair.loop().now() - start == seconds(1));
}

Test(memory_pair, timeouts_run_on_virtual_time) {
  Handler client;
  Handler server;
  MemoryPairOptions options;
  options.second.idle_timeout = seconds(30);
  MemoryPair pair(client, server, options);
  pair.advance(milliseconds(29'999));
  cr_expect(not(pair.second().closed()));
  pair.advance(milliseconds(1));
  cr_expect(pair.second().close_reason() == CloseReason::idle_timeout);
  pair.settle();
  cr_expect(pair.first().closed());
}

Test(memory_pair, transports_on_both_sides_talk_to_each_other) {
  Handler client;
  Handler server;
  client.open = send_hello;
  server.data = echo;
  MemoryPairOptions options;
  options.first.transport = make_xor;
  options.second.transport = make_xor;
  MemoryPair pair(client, server, options);
  cr_expect(client.input == "hello");
  cr_expect(pair.first_sent() > 5);
}

Test(memory_pair, keeps_what_a_handler_throws) {
  Handler client;
  Handler server;
  client.open = send_hello;
  server.data = [](Connection&, std::string_view) -> std::size_t {
    throw std::runtime_error("thrown");
  };
  MemoryPair pair(client, server);
  cr_assert(pair.reports().size() == 1);
  cr_expect(pair.reports()[0].what == "thrown");
  cr_expect(pair.second().close_reason() == CloseReason::handler_threw);
  cr_expect(pair.first().closed());
}
