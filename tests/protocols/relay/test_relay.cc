// Relay: each peer receives what the others send, and a peer that does not read is bounded.
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/relay/relay.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMark = 64 * 1024;
constexpr std::size_t kRead = 16 * 1024;

struct World {
  explicit World(std::size_t count, const RelayOptions& relay_options = {})
      : loop(LoopOptions{.virtual_time = true}), relay(std::in_place, loop, relay_options) {
    ConnectionOptions options;
    options.high_water = kMark;
    options.max_read = kRead;
    for (std::size_t i = 0; i < count; ++i) {
      peers.push_back(std::make_unique<MemoryPeer>(loop, relay->factory()({}), options));
    }
  }
  MemoryPeer& operator[](std::size_t i) { return *peers[i]; }
  // Until nothing more happens to any of them: each passes on only what is its own.
  void settle() {
    for (std::size_t round = 0; round < peers.size(); ++round) {
      for (const auto& peer : peers) peer->settle();
    }
  }

  Loop loop;
  std::optional<Relay> relay;
  std::vector<std::unique_ptr<MemoryPeer>> peers;
};

// Bytes that are different at each offset for as far as a mistake could reach.
std::string bytes_of(std::size_t size, unsigned seed = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>((i ^ (i >> 8U) ^ (i >> 16U) ^ seed) & 0xFFU);
  }
  return text;
}

}  // namespace

Test(relay, sends_what_a_peer_sends_to_all_others_unchanged) {
  World world(4);
  const std::string text = bytes_of(100'000);
  world[1].send(text, 777);
  for (const std::size_t i : {0, 2, 3}) cr_expect(world[i].received() == text);
  cr_expect(world[1].received().empty());
}

Test(relay, gives_all_peers_the_same_order) {
  World world(4);
  for (int round = 0; round < 100; ++round) {
    world[0].send("a" + std::to_string(round));
    world[1].send("b" + std::to_string(round));
  }
  const std::string third = world[2].received();
  cr_expect(third.starts_with("a0b0a1b1"));
  cr_expect(world[3].received() == third);
  cr_expect(world[0].received().starts_with("b0b1b2"));
}

Test(relay, of_one_peer_drops_what_it_says) {
  World world(1);
  world[0].send(bytes_of(1'000'000));
  cr_expect(world[0].received().empty());
  cr_expect(world[0].unread() == 0);
}

Test(relay, loses_nothing_while_a_peer_reads_slowly) {
  World world(3);
  const std::string text = bytes_of(2'000'000);
  world[2].set_window(0);
  world[0].send(text);
  cr_expect(world[0].unread() > 1'000'000);  // it waits for the slow one
  cr_expect(world[2].connection().queued() <= kMark + kRead);
  std::string slow;
  while (slow.size() < text.size()) {
    world[2].set_window(kMark);
    world[2].advance(milliseconds(100));
    world.settle();
    const std::string part = world[2].received();
    cr_assert(!part.empty());
    slow += part;
  }
  cr_expect(slow == text);
  cr_expect(world[1].received() == text);
  cr_expect(!world[2].saw_reset());
}

Test(relay, aborts_a_peer_that_is_behind_for_longer_than_the_patience) {
  World world(3, {.patience = seconds(2)});
  const std::string text = bytes_of(2'000'000);
  world[2].set_window(0);
  world[0].send(text);
  world.peers[0]->advance(milliseconds(1900));
  cr_expect(!world[2].closed());
  const std::string before = world[1].received();
  cr_expect(before.size() <= kMark + kRead);
  world[0].advance(milliseconds(200));
  world.settle();
  cr_expect(world[2].closed());
  cr_expect(world[2].saw_reset());
  cr_expect(before + world[1].received() == text);
  cr_expect(world.relay->peers() == 2);
}

Test(relay, aborts_all_peers_that_are_behind_and_goes_on_for_the_others) {
  World world(4, {.patience = seconds(2)});
  const std::string text = bytes_of(1'000'000);
  world[2].set_window(0);
  world[3].set_window(0);
  world[0].send(text);
  world[0].advance(seconds(2));
  world.settle();
  cr_expect(world[2].closed());
  cr_expect(world[3].closed());
  cr_expect(world[1].received() == text);
}

Test(relay, without_patience_aborts_at_once) {
  World world(3, {.patience = milliseconds(0)});
  const std::string text = bytes_of(1'000'000);
  world[2].set_window(0);
  world[0].send(text);
  world[0].advance(milliseconds(1));
  world.settle();
  cr_expect(world[2].closed());
  cr_expect(world[1].received() == text);
}

Test(relay, delivers_what_had_waited_when_its_sender_has_ended) {
  World world(3);
  world[2].set_window(0);
  const std::string text = bytes_of(kMark + kRead + 100);
  world[0].send(text);
  world[0].end();
  cr_expect(!world[0].closed());
  world[2].set_window(MemoryPeer::kUnlimited);
  world.settle();
  cr_expect(world[2].received() == text);
  cr_expect(world[0].closed());
  cr_expect(world[0].close_reason() == CloseReason::peer_closed);
}

Test(relay, goes_on_when_a_slow_peer_leaves) {
  World world(3);
  const std::string text = bytes_of(1'000'000);
  world[2].set_window(0);
  world[0].send(text);
  world[2].reset();
  world.settle();
  cr_expect(world[1].received() == text);
}

Test(relay, goes_on_when_a_peer_that_waits_leaves) {
  World world(3);
  world[2].set_window(0);
  world[0].send(bytes_of(1'000'000));
  world[0].reset();
  world[2].set_window(MemoryPeer::kUnlimited);
  world.settle();
  world[1].send("x");
  cr_expect(world[2].received().ends_with("x"));
  cr_expect(world.relay->peers() == 2);
}

Test(relay, refuses_newcomers_above_its_limit) {
  World world(2, {.max_peers = 2});
  cr_expect(!world.relay->factory()({}));
  world[0].reset();
  cr_expect(static_cast<bool>(world.relay->factory()({})));
  world.relay->set_options({.max_peers = 1});
  cr_expect(!world.relay->factory()({}));
  cr_expect(!world[1].closed());
}

Test(relay, closes_its_connections_when_it_is_destroyed) {
  World world(3);
  world[2].set_window(0);
  world[0].send(bytes_of(1'000'000));
  world.relay.reset();
  world[2].set_window(MemoryPeer::kUnlimited);
  for (const auto& peer : world.peers) {
    peer->settle();
    peer->end();
    cr_expect(peer->closed());
  }
}

namespace {

// A peer that receives bytes, and two that have become WebSockets.
struct Mixed {
  Mixed() {
    for (MemoryPeer* const peer : {&one, &two}) {
      peer->send(handshake());
      (void)peer->received();
    }
  }
  Loop loop{LoopOptions{.virtual_time = true}};
  Relay relay{loop};
  WebSocketServer server{loop};
  MemoryPeer bytes{loop, relay.factory()({})};
  MemoryPeer one{loop, relay.factory(server)({})};
  MemoryPeer two{loop, relay.factory(server)({})};
};

}  // namespace

Test(relay, joins_bytes_and_messages) {
  Mixed world;
  world.one.send(client_frame(kText, "he", Fin::no) + client_frame(kContinuation, "llo"));
  world.two.settle();
  cr_expect(world.two.received() == server_frame(kText, "hello"));
  world.bytes.settle();
  cr_expect(world.bytes.received() == "hello");
  cr_expect(world.one.received().empty());

  world.two.send(client_frame(kBinary, "\xff"));
  world.one.settle();
  cr_expect(world.one.received() == server_frame(kBinary, "\xff"));
  world.bytes.send("stream");
  world.one.settle();
  cr_expect(world.one.received() == server_frame(kBinary, "stream"));
}

Test(relay, sends_the_short_messages_of_a_turn_together) {
  Mixed world;
  const std::string longer = bytes_of(Relay::kMaxGathered);
  world.one.send(client_frame(kText, "a") + client_frame(kBinary, "") +
                 client_frame(kBinary, longer) + client_frame(kText, "b"));
  world.two.settle();
  cr_expect(world.two.received() == server_frame(kText, "a") + server_frame(kBinary, "") +
                                        server_frame(kBinary, longer) + server_frame(kText, "b"));
  world.bytes.settle();
  cr_expect(world.bytes.received() == "a" + longer + "b");
}

Test(relay, sends_what_a_peer_said_before_others_came_or_it_left) {
  Loop loop(LoopOptions{.virtual_time = true});
  Relay relay(loop);
  WebSocketServer server(loop);
  MemoryPeer bytes(loop, relay.factory()({}));
  std::optional<MemoryPeer> one(std::in_place, loop, relay.factory(server)({}));
  one->send(handshake());
  (void)one->received();
  one->send(client_frame(kText, "last words"));
  one.reset();
  bytes.settle();
  cr_expect(bytes.received() == "last words");
  MemoryPeer late(loop, relay.factory()({}));
  late.settle();
  cr_expect(late.received().empty());
}

Test(relay, delivers_in_a_drain_the_short_messages_that_had_arrived) {
  Mixed world;
  bool is_over = false;
  world.loop.defer([&] { world.loop.drain(seconds(10), [&] { is_over = true; }); });
  // The drain reads the first ones when it begins, and the others in the turn whose end is the
  // goodbye of the receivers.
  constexpr std::size_t kMessages = 17;
  const std::string frame = client_frame(kText, "a");
  std::string frames;
  std::string expected;
  for (std::size_t i = 0; i < kMessages; ++i) {
    frames += frame;
    expected += server_frame(kText, "a");
  }
  world.one.send(frames, frame.size());
  world.two.settle();
  const std::string received = world.two.received();
  cr_expect(received.starts_with(expected), "%zu of %zu", received.size(), expected.size());
  world.bytes.settle();
  cr_expect(world.bytes.received() == std::string(kMessages, 'a'));
  for (MemoryPeer* const peer : {&world.bytes, &world.one, &world.two}) peer->end();
  cr_expect(is_over);
}

Test(relay, leaves_a_message_unread_while_another_socket_is_behind) {
  Loop loop(LoopOptions{.virtual_time = true});
  Relay relay(loop);
  WebSocketServer server(loop);
  ConnectionOptions options;
  options.high_water = kMark;
  MemoryPeer one(loop, relay.factory(server)({}), options);
  MemoryPeer two(loop, relay.factory(server)({}), options);
  for (MemoryPeer* const peer : {&one, &two}) {
    peer->send(handshake());
    (void)peer->received();
  }
  two.set_window(0);
  const std::string message = bytes_of(kMark);
  for (int i = 0; i < 4; ++i) one.send(client_frame(kBinary, message));
  cr_expect(two.connection().queued() <= 2 * (kMark + 10), "%zu", two.connection().queued());
  two.set_window(MemoryPeer::kUnlimited);
  two.settle();
  one.settle();
  two.settle();
  const std::string frame = server_frame(kBinary, message);
  cr_expect(two.received() == frame + frame + frame + frame);
}

Test(relay, refuses_the_handshake_of_a_peer_too_many) {
  Loop loop(LoopOptions{.virtual_time = true});
  Relay relay(loop, {.max_peers = 0});
  WebSocketServer server(loop);
  MemoryPeer peer(loop, relay.factory(server)({}));
  peer.send(handshake());
  cr_expect(peer.received().starts_with("HTTP/1.1 503 "));
}
