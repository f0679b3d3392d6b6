// What one turn handles of a connection's input, and that the rest comes in the next one.
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kMessages = 3;  // in a turn

LoopOptions few_messages() {
  LoopOptions options;
  options.virtual_time = true;
  options.turn_messages = kMessages;
  return options;
}

// A message is one byte.
std::size_t one_by_one(Connection& connection, std::string_view in) {
  std::size_t consumed = 0;
  do {
    ++consumed;
  } while (consumed < in.size() && connection.may_continue());
  return consumed;
}

// Two connections on one loop, and who of them has handled what in which turn.
struct Two {
  explicit Two(Handler& handler) {
    for (Connection*& one : connections) {
      Pair pair = unix_pair();
      one = &Connection::adopt(loop, std::move(pair.ours), handler);
      peers.emplace_back(std::move(pair.peers));
    }
  }
  Loop loop{[] {
    LoopOptions options = backend_options();
    options.turn_messages = kMessages;
    return options;
  }()};
  Connection* connections[2];
  std::vector<Peer> peers;
};

}  // namespace

Test(connection_turns, hand_over_the_rest_in_the_turns_to_come) {
  Handler handler;
  handler.data = one_by_one;
  Two two(handler);
  two.peers[0].send("abcdefgh");
  two.loop.run_once();
  cr_expect(handler.input == "abc");
  cr_expect(two.connections[0]->unconsumed().size() == 5);
  two.loop.run_once();  // would sleep for ever, were the rest forgotten
  cr_expect(handler.input == "abcdef");
  two.loop.run_once();
  cr_expect(handler.input == "abcdefgh");
  cr_expect(two.connections[0]->unconsumed().empty());
}

Test(connection_turns, serve_the_other_connections_in_between) {
  Handler handler;
  handler.data = one_by_one;
  Two two(handler);
  two.peers[0].send("abcdef");
  two.loop.run_once();
  two.peers[1].send("12");
  two.loop.run_once();
  cr_expect(handler.input.size() == 8);
  cr_expect(handler.input.find("12") <= 6, "%s", handler.input.c_str());
  two.peers[0].send("abcdef");
  two.peers[1].send("123456");
  two.loop.run_once();
  const std::string first = handler.input.substr(8);
  cr_expect(first == "abc123" || first == "123abc", "%s", first.c_str());
}

Test(connection_turns, cut_a_slow_handler_by_the_clock) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) {
    std::size_t consumed = 0;
    do {
      ::poll(nullptr, 0, 20);
      ++consumed;
    } while (consumed < in.size() && connection.may_continue());
    return consumed;
  };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  peer.send(std::string(10, 'x'));
  loop.run_once();
  cr_expect(handler.input.size() <= 2, "%zu", handler.input.size());
  while (handler.input.size() < 10) loop.run_once();
}

Test(connection_turns, do_not_count_what_waits_for_them_as_more_than_the_limit) {
  Handler handler;
  handler.data = one_by_one;
  Loop loop(few_messages());
  ConnectionOptions options;
  options.input_limit = 2;
  options.max_read = 100;
  MemoryPeer peer(loop, handler, options);
  peer.send(std::string(1000, 'x'));
  cr_expect(handler.input.size() == 1000);
  cr_expect(!peer.closed());
}

Test(connection_turns, show_the_rest_before_the_end) {
  Handler handler;
  handler.data = one_by_one;
  Loop loop(few_messages());
  MemoryPeer peer(loop, handler);
  peer.send("abcdefgh");
  peer.end();
  cr_expect(handler.input == "abcdefgh");
  cr_expect(handler.journal.ends_with("data eof close:closed in order") ||
                handler.last_reason == std::error_code(),
            "%s", handler.journal.c_str());
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(connection_turns, show_nothing_of_a_rest_to_a_connection_that_is_closed_or_paused) {
  Handler handler;
  handler.data = one_by_one;
  Two two(handler);
  two.peers[0].send("abcdef");
  two.peers[1].send("123456");
  two.loop.run_once();
  cr_assert(handler.input.size() == 6);
  two.connections[0]->abort();
  two.connections[1]->pause();
  two.loop.run_once();
  two.loop.poll();
  cr_expect(handler.input.size() == 6 && handler.closes == 1);
  two.connections[1]->resume();
  two.loop.poll();
  cr_expect(handler.input.ends_with("456"), "%s", handler.input.c_str());
}

Test(connection_turns, keep_the_rest_when_others_write_to_the_connection_meanwhile) {
  Handler handler;
  handler.data = one_by_one;
  Two two(handler);
  two.peers[0].send("abcdefgh");
  two.loop.run_once();
  two.connections[0]->send("hello");
  two.loop.run_once();
  cr_expect(handler.input == "abcdef", "three a turn, not more: %s", handler.input.c_str());
}

Test(connection_turns, allow_no_more_when_the_handler_is_not_to_go_on) {
  Handler handler;
  bool may = true;
  handler.data = [&may](Connection& connection, std::string_view in) {
    connection.pause();
    may = connection.may_continue();
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send("x");
  cr_expect(!may, "it is paused");
  peer.connection().resume();
  handler.data = [&may](Connection& connection, std::string_view in) {
    connection.close();
    may = true;
    may = connection.may_continue();
    return in.size();
  };
  peer.send("x");
  cr_expect(!may, "it is closing");
}

Test(connection_turns, hand_over_all_that_had_arrived_before_a_drain) {
  Handler handler;
  handler.data = one_by_one;
  Two two(handler);
  two.peers[0].send("abcdefghijklmnopqrstuvwxyz");
  two.loop.drain(std::chrono::seconds(5 * slowness()));
  two.loop.run();
  cr_expect(handler.input == "abcdefghijklmnopqrstuvwxyz", "%s", handler.input.c_str());
}

Test(connection_turns, read_less_at_once_for_a_handler_that_was_cut) {
  Handler handler;
  std::vector<std::size_t> shown;
  handler.data = [&shown](Connection&, std::string_view in) {
    shown.push_back(in.size());
    return in.size();
  };
  MemoryPeer peer(handler);
  peer.send(std::string(1 << 20, 'x'));
  cr_assert(shown.size() >= 2);
  cr_expect(shown[0] == 64 * 1024, "%zu", shown[0]);
  cr_expect(shown[1] == Loop::kReadBufferSize, "%zu: it deals with what it gets", shown[1]);
}
