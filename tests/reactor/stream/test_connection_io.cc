// The bytes of a connection: backpressure, pausing, unconsumed input, and the limits. In memory,
// where each step is exact; test_connection_flow.cc has the same over sockets.
#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/streams.h"
#include "support/text.h"
#include <sluice/memory_peer.h>
#include <sluice/payload.h>

using namespace sluice;
using namespace sluice::test;

namespace {

const Address kFrom = Address::loopback(AF_INET, 49152);

ConnectionOptions marks(std::size_t high_water, std::size_t queue_limit = 16 * 1024 * 1024) {
  ConnectionOptions options;
  options.high_water = high_water;
  options.queue_limit = queue_limit;
  return options;
}

std::size_t echo(Connection& connection, std::string_view in) {
  connection.send(in);
  return in.size();
}

// Sends twenty bytes for each byte, but no more than the marks allow; the rest is delayed.
std::size_t answer_while_not_paused(Connection& connection, std::string_view in) {
  std::size_t consumed = 0;
  while (consumed < in.size() && !connection.paused()) {
    connection.send(std::string(20, in[consumed++]));
  }
  return consumed;
}

}  // namespace

Test(connection_io, stops_reading_above_the_high_water_mark_and_reads_again_below_half_of_it) {
  Handler handler;
  handler.data = echo;
  MemoryPeer peer(handler, marks(100), kFrom, 0);
  peer.send(std::string(100, 'x'), 50);
  cr_expect(peer.connection().queued() == 100 && !peer.connection().paused());
  peer.send("y");
  cr_expect(peer.connection().queued() == 101 && peer.connection().paused());
  peer.send("zz");
  cr_expect(peer.unread() == 2, "above the mark nothing is read");
  cr_expect(peer.loop().counters().paused == 1);
  peer.set_window(50);
  cr_expect(peer.unread() == 2 && peer.connection().queued() == 51, "not below half of it yet");
  cr_expect(handler.journal == "open data data data");
  peer.set_window(1);
  cr_expect(peer.unread() == 0 && !peer.connection().paused());
  cr_expect(handler.journal == "open data data data drain data");
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == std::string(100, 'x') + "yzz");
  cr_expect(peer.loop().counters().paused == 1);
}

Test(connection_io, calls_on_writable_once_each_time_it_was_above_the_mark) {
  Handler handler;
  MemoryPeer peer(handler, marks(10), kFrom, 0);
  for (int i = 0; i < 3; ++i) {
    peer.connection().send("eleven char");
    peer.settle();
    peer.set_window(11);
    peer.set_window(0);
  }
  cr_expect(handler.journal == "open drain drain drain");
  peer.connection().send("ten chars.");
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(handler.journal == "open drain drain drain", "it was not above the mark");
}

// Otherwise a handler that sends in pieces above the mark would wait for on_writable() forever.
Test(connection_io, calls_on_writable_even_if_the_system_accepts_everything_at_once) {
  for (const std::size_t size : {200, 20'000}) {  // collected, or written in place
    Handler handler;
    handler.open = [size](Connection& connection) { connection.send(std::string(size, 'x')); };
    MemoryPeer peer(handler, marks(100));
    cr_expect(handler.journal == "open drain");
    cr_expect(peer.received().size() == size);
    cr_expect(peer.loop().counters().paused == 0, "the connection was never paused");
  }
}

Test(connection_io, does_not_stay_with_a_fast_peer_whose_handler_sends_in_each_on_writable) {
  Handler handler;
  std::size_t drains = 0;
  handler.open = [](Connection& connection) { connection.send(std::string(200, 'x')); };
  handler.drain = [&](Connection& connection) {
    if (++drains < 1000) connection.send(std::string(200, 'x'));
  };
  Loop loop([] {
    LoopOptions options;
    options.virtual_time = true;
    return options;
  }());
  Pair pair = unix_pair();
  set_send_buffer(pair, 1'000'000);
  Connection::adopt(loop, std::move(pair.ours), handler, marks(100));
  loop.poll();
  cr_expect(drains < 50, "%zu in one turn", drains);
}

Test(connection_io, counts_its_pauses_so_that_two_owners_can_pause_at_once) {
  Handler handler;
  MemoryPeer peer(handler);
  Connection& connection = peer.connection();
  connection.pause();
  connection.pause();
  peer.send("waits");
  connection.resume();
  peer.settle();
  cr_expect(connection.paused() && handler.input.empty());
  connection.resume();
  peer.settle();
  cr_expect(!connection.paused() && handler.input == "waits");
  cr_expect(peer.loop().counters().paused == 0, "only backpressure is counted");
}

Test(connection_io, stays_paused_by_its_owner_when_the_queue_falls) {
  Handler handler;
  handler.data = echo;
  MemoryPeer peer(handler, marks(10), kFrom, 0);
  peer.send("more than ten");
  peer.connection().pause();
  peer.set_window(MemoryPeer::kUnlimited);
  peer.send("more");
  cr_expect(peer.connection().paused() && peer.unread() == 4);
  peer.connection().resume();
  peer.settle();
  cr_expect(peer.unread() == 0);
}

Test(connection_io, delivers_unconsumed_input_again_with_the_next_bytes) {
  Handler handler;
  std::vector<std::string> shown;
  handler.data = [&](Connection&, std::string_view in) {
    shown.emplace_back(in);
    return in.find('\n') + 1;  // a whole line, or nothing
  };
  MemoryPeer peer(handler);
  peer.send("a li");
  cr_expect(text_of(peer.connection().unconsumed()) == "a li");
  peer.send("ne\nand");
  cr_expect(text_of(peer.connection().unconsumed()) == "and");
  peer.send(" one\n");
  cr_expect(peer.connection().unconsumed().empty());
  cr_expect((shown == std::vector<std::string>{"a li", "a line\nand", "and one\n"}));
  cr_expect(handler.input == "a line\nand one\n");
}

Test(connection_io, delivers_unconsumed_input_again_after_a_resume) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view) -> std::size_t {
    connection.pause();
    return 1;
  };
  MemoryPeer peer(handler);
  peer.send("abc");
  cr_expect(handler.input == "a");
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.input == "ab");
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.input == "abc");
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.journal == "open data data data");
}

Test(connection_io, delivers_unconsumed_input_again_when_the_queue_has_fallen) {
  Handler handler;
  handler.data = answer_while_not_paused;
  MemoryPeer peer(handler, marks(10), kFrom, 0);
  peer.send("abc");
  cr_expect(handler.input == "a");
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(handler.input == "abc");
  cr_expect(peer.received() == std::string(20, 'a') + std::string(20, 'b') + std::string(20, 'c'));
}

// The end would close the connection, and the input that the handler left would be lost.
Test(connection_io, delivers_unconsumed_input_before_the_end) {
  for (const bool drain : {false, true}) {
    Handler handler;
    handler.data = answer_while_not_paused;
    ConnectionOptions options = marks(10);
    options.max_read = 4;
    MemoryPeer peer(handler, options);
    // All bytes and the end have arrived when the connection first reads; each read fills its
    // buffer.
    peer.connection().pause();
    peer.send("abcdefgh");
    peer.end();
    if (drain) peer.loop().drain(std::chrono::seconds(1));
    peer.connection().resume();
    peer.settle();
    cr_expect(handler.input == "abcdefgh", "%s", handler.input.c_str());
    cr_expect(peer.received().size() == 8 * 20);
    cr_expect(handler.closes == 1 && !handler.last_reason);
  }
}

// It would get the same bytes forever.
Test(connection_io, delivers_nothing_again_for_a_pause_inside_on_data) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) -> std::size_t {
    connection.pause();
    connection.resume();
    return in.find('\n') + 1;
  };
  MemoryPeer peer(handler);
  peer.send("half ");
  peer.send("a line");
  cr_expect(handler.journal == "open data data");
  peer.loop().poll();
  cr_expect(handler.journal == "open data data");
  peer.send("\n");
  cr_expect(handler.input == "half a line\n");
}

Test(connection_io, keeps_the_input_valid_when_a_handler_closes_inside_on_data) {
  for (const bool abort : {false, true}) {
    Handler handler;
    handler.data = [abort](Connection& connection, std::string_view in) -> std::size_t {
      if (in.size() < 8) return 0;
      abort ? connection.abort() : connection.close();
      // If they had been freed, these would be in their place. The handler reads them after this.
      const std::vector<std::string> others(10, std::string(279, '#'));
      return in.size() - others.size() / 10;
    };
    MemoryPeer peer(handler);
    peer.send("kept, ");
    peer.send("and more!");
    cr_expect(handler.input == "kept, and more", "%s", handler.input.c_str());
    cr_expect(peer.closed() == abort);
    if (!abort) cr_expect(peer.connection().unconsumed().empty(), "they are freed afterwards");
  }
}

Test(connection_io, aborts_a_handler_that_leaves_more_than_the_input_limit) {
  Handler handler;
  handler.data = [](Connection&, std::string_view) { return std::size_t{0}; };
  ConnectionOptions options;
  options.input_limit = 100;
  MemoryPeer peer(handler, options);
  peer.send(std::string(60, 'x'));
  peer.send(std::string(40, 'x'));
  cr_expect(!peer.closed(), "the limit itself is allowed");
  cr_expect(peer.connection().unconsumed().size() == 100);
  peer.send("x");
  cr_expect(peer.close_reason() == CloseReason::input_limit);
  cr_expect(peer.saw_reset());
}

Test(connection_io, aborts_when_the_queue_limit_is_exceeded) {
  Handler handler;
  MemoryPeer peer(handler, marks(10, 100), kFrom, 0);
  peer.connection().send(std::string(60, 'x'));
  peer.connection().send(std::string(40, 'x'));
  cr_expect(peer.connection().queued() == 100, "the limit itself is allowed");
  peer.connection().send("x");
  cr_expect(peer.connection().state() == Connection::State::closed);
  peer.settle();
  cr_expect(peer.close_reason() == CloseReason::queue_limit && peer.saw_reset());
  cr_expect(peer.loop().counters().dropped_bytes == 0);
}

Test(connection_io, drops_and_counts_the_newest_send_with_that_policy) {
  Handler handler;
  ConnectionOptions options = marks(10, 100);
  options.overflow = OverflowPolicy::drop_newest;
  MemoryPeer peer(handler, options, kFrom, 0);
  peer.connection().send(std::string(90, 'x'));
  peer.connection().send("eleven char");
  peer.connection().send(Payload::copy("eleven char"));
  peer.connection().send("ten chars.");
  cr_expect(peer.loop().counters().dropped_bytes == 22);
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == std::string(90, 'x') + "ten chars.");
}

Test(connection_io, keeps_the_order_of_copies_and_payloads) {
  Handler handler;
  const Payload payload = Payload::copy(numbered(20'000));
  const std::string large = numbered(10'000);
  handler.data = [&](Connection& connection, std::string_view in) {
    connection.send("small ");
    connection.send(large);
    connection.send(payload);
    connection.send("small ");
    connection.send(large);
    connection.send(large);
    return in.size();
  };
  for (const std::size_t window : {MemoryPeer::kUnlimited, std::size_t{0}, std::size_t{12'345}}) {
    MemoryPeer peer(handler, {}, kFrom, window);
    peer.send("go");
    peer.set_window(MemoryPeer::kUnlimited);
    cr_expect(peer.received() == "small " + large + numbered(20'000) + "small " + large + large);
  }
}

Test(connection_io, writes_one_large_block_in_each_callback_without_a_copy) {
  Handler handler;
  std::vector<std::size_t> queued;
  handler.data = [&](Connection& connection, std::string_view in) {
    for (int i = 0; i < 2; ++i) {
      connection.send(std::string(100'000, 'x'));
      queued.push_back(connection.queued());
    }
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send("go");
  cr_expect((queued == std::vector<std::size_t>{0, 100'000}));
  cr_expect(peer.received().size() == 200'000);
}

Test(connection_io, shares_a_payload_between_many_connections_without_a_copy) {
  Handler handler;
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<MemoryPeer>(loop, handler, ConnectionOptions{}, kFrom, 5));
  }
  const Payload payload = Payload::copy("for everybody");
  for (const auto& peer : peers) peer->connection().send(payload);
  cr_expect(payload.use_count() == 21);
  loop.poll();
  cr_expect(payload.use_count() == 21, "each has taken five bytes of it");
  for (const auto& peer : peers) peer->set_window(MemoryPeer::kUnlimited);
  cr_expect(payload.use_count() == 1);
  for (const auto& peer : peers) cr_expect(peer->received() == "for everybody");
}
