// The timeouts of messages, and of the first one: on virtual time, to the millisecond.
#include <chrono>
#include <string>
#include <thread>

#include <criterion/criterion.h>

#include "support/streams.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds kMillisecond{1};

// Consumes whole lines, and leaves the rest.
std::size_t whole_lines(Connection& /*connection*/, std::string_view text) {
  return text.rfind('\n') + 1;
}

// Consumes everything, and notes the lines that it has seen.
std::size_t noted_lines(Connection& connection, std::string_view text) {
  connection.note_messages(text.find('\n') != text.npos, text.back() != '\n');
  return text.size();
}

ConnectionOptions limits(milliseconds message, milliseconds idle = {}, milliseconds first = {}) {
  ConnectionOptions options;
  options.message_timeout = message;
  options.idle_timeout = idle;
  options.first_message_timeout = first;
  return options;
}

struct World {
  explicit World(const ConnectionOptions& options,
                 std::size_t (*data)(Connection&, std::string_view) = whole_lines)
      : peer((handler.data = data, handler), options) {}

  // Sends a byte every `pause`, for `time`.
  void trickle(milliseconds pause, milliseconds time) {
    for (milliseconds passed{0}; passed < time && !peer.closed(); passed += pause) {
      peer.send("x");
      peer.advance(pause);
    }
  }

  Handler handler;
  MemoryPeer peer;
};

// Idle timeouts that are shorter than the message timeout, longer, and none: three implementations.
constexpr milliseconds kIdles[] = {seconds(2), seconds(60), seconds(0)};

}  // namespace

Test(connection_messages, a_peer_that_sends_a_byte_now_and_then_does_not_stay_forever) {
  for (const milliseconds idle : kIdles) {
    for (auto* data : {whole_lines, noted_lines}) {
      World world(limits(seconds(10), idle), data);
      world.trickle(milliseconds(800), milliseconds(9600));
      cr_expect(!world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
      world.trickle(milliseconds(800), milliseconds(1600));
      cr_assert(world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
      cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
      cr_expect(world.handler.last_reason == make_error_code(CloseReason::message_timeout));
    }
  }
}

Test(connection_messages, an_incomplete_one_expires_to_the_millisecond) {
  World world(limits(seconds(10), seconds(60)));
  world.peer.send("a line\nand the beginning of another");
  world.peer.advance(seconds(10) - kMillisecond);
  cr_expect(!world.peer.closed());
  world.peer.advance(kMillisecond);
  cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
}

Test(connection_messages, each_has_its_own_deadline) {
  for (const milliseconds idle : kIdles) {
    for (auto* data : {whole_lines, noted_lines}) {
      World world(limits(seconds(10), idle), data);
      for (int i = 0; i < 50; ++i) {
        world.peer.send("half");
        world.peer.advance(milliseconds(1900));
        world.peer.send(" and half\nmore");
        world.peer.advance(milliseconds(1900));
      }
      cr_expect(!world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
    }
  }
}

Test(connection_messages, no_deadline_applies_between_them) {
  for (auto* data : {whole_lines, noted_lines}) {
    World world(limits(seconds(10)), data);
    world.peer.send("half");
    world.peer.send(" and half\n");
    world.peer.advance(std::chrono::hours(100));
    cr_expect(!world.peer.closed());
    World idle(limits(seconds(10), seconds(60)), data);
    idle.peer.send("half");
    idle.peer.advance(seconds(5));
    idle.peer.send(" and half\n");
    idle.peer.advance(seconds(60) - kMillisecond);
    cr_expect(!idle.peer.closed());
    idle.peer.advance(kMillisecond);
    cr_expect(idle.peer.close_reason() == CloseReason::idle_timeout);
  }
}

Test(connection_messages, a_silent_peer_is_closed_by_the_shorter_timeout) {
  World world(limits(seconds(10), seconds(2)));
  world.peer.send("half");
  world.peer.advance(seconds(2));
  cr_expect(world.peer.close_reason() == CloseReason::idle_timeout);
}

Test(connection_messages, the_first_must_arrive_in_time) {
  for (const milliseconds idle : kIdles) {
    for (auto* data : {whole_lines, noted_lines}) {
      World world(limits(seconds(0), idle, seconds(5)), data);
      world.trickle(milliseconds(500), milliseconds(4500));
      cr_expect(!world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
      world.trickle(milliseconds(500), milliseconds(1000));
      cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
      World quick(limits(seconds(0), idle, seconds(5)), data);
      quick.peer.send("hello\n");
      quick.trickle(milliseconds(500), seconds(30));
      cr_expect(!quick.peer.closed(), "idle %d", static_cast<int>(idle.count()));
    }
  }
}

Test(connection_messages, output_does_not_extend_their_time) {
  World world(limits(seconds(0), seconds(2), seconds(5)));
  for (int i = 0; i < 11 && !world.peer.closed(); ++i) {
    world.peer.connection().send("to all");
    world.peer.advance(milliseconds(500));
  }
  cr_assert(world.peer.closed());
  cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
}

Test(connection_messages, a_pause_of_the_handler_does_not_count) {
  for (const milliseconds idle : {seconds(60), seconds(0)}) {
    World world(limits(seconds(10), idle));
    world.peer.send("half");
    world.peer.connection().pause();
    world.peer.advance(seconds(25));
    world.peer.connection().resume();
    world.peer.advance(seconds(9));
    cr_assert(!world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
    world.peer.send(" and half\n");
    cr_expect(world.handler.input == "half and half\n");
    world.peer.advance(seconds(20));
    cr_expect(!world.peer.closed());
  }
}

Test(connection_messages, a_large_one_gets_more_time_while_it_arrives_at_the_minimum_rate) {
  for (const milliseconds idle : kIdles) {
    ConnectionOptions options = limits(seconds(10), idle);
    options.min_rate = 100;
    World world(options);
    for (int second = 0; second < 100; ++second) {
      world.peer.send(std::string(110, 'x'));
      world.peer.advance(seconds(1));
    }
    cr_assert(!world.peer.closed(), "idle %d", static_cast<int>(idle.count()));
    world.peer.send("\n");
    world.peer.send("another");
    // 107 of them extend 10 s by about a second.
    world.trickle(milliseconds(100), seconds(10));
    cr_expect(!world.peer.closed());
    world.trickle(seconds(1), seconds(5));
    cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
  }
}

Test(connection_messages, a_rate_that_was_kept_does_not_excuse_silence) {
  ConnectionOptions options = limits(seconds(10), seconds(60));
  options.min_rate = 1;
  World world(options);
  world.peer.send(std::string(100'000, 'x'));
  world.peer.advance(seconds(71));
  cr_expect(world.peer.close_reason() == CloseReason::idle_timeout);
}

Test(connection_messages, close_ends_their_time) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view) {
    connection.send(std::string(1000, 'x'));
    connection.close();
    return std::size_t{0};
  };
  ConnectionOptions options = limits(seconds(10));
  MemoryPeer peer(handler, options, Address::loopback(AF_INET, 49152), 10);
  peer.send("half");
  peer.advance(seconds(30));
  cr_expect(!peer.closed(), "it is flushing, and write_timeout is longer");
}

Test(connection_messages, arrived_input_may_complete_an_overdue_one) {
  Handler handler;
  handler.data = whole_lines;
  Loop loop;
  Pair pair = unix_pair();
  ConnectionOptions options = limits(milliseconds(30));
  Connection::adopt(loop, std::move(pair.ours), handler, options);
  Peer peer(std::move(pair.peers));
  peer.send("half");
  turn_until(loop, [&] { return handler.journal == "open data"; });
  peer.send(" and half\n");
  // As after the process was stopped: the timer is due, and bytes have arrived.
  std::this_thread::sleep_for(milliseconds(60));
  turn_a_while(loop, 3);
  cr_expect(handler.closes == 0);
  cr_expect(handler.input == "half and half\n");
}
