// Two relays that are one: the order, without the bus, and a peer or a bus that is slow.
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "protocols/bus/bus_record.h"
#include "protocols/bus/relay_bridge.h"
#include "protocols/relay/relay_member.h"
#include "support/hand_bus.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kQueueMark = 64 * 1024;
// Messages that are more than may wait.
constexpr std::size_t kTooMany = 300;
static_assert(kTooMany * RelayBridge::kMaxMessage > RelayBridge::kMaxPending);

ConnectionOptions small_queue() {
  ConnectionOptions options;
  options.high_water = kQueueMark;
  options.max_read = RelayBridge::kMaxMessage;
  return options;
}

// Ann and Cat are at the first relay, Bob and Dan at the second one.
struct TwoRelays {
  TwoRelays() {
    first.set_reachable(true);
    second.set_reachable(true);
  }
  // All has been to the stream and back, and every peer has received what is its own.
  void settle() {
    do {
      settle_peers();
      first.send();
      second.send();
      first.read();
      second.read();
      settle_peers();
    } while (first.waiting() + second.waiting() != 0);
  }
  void settle_peers() {
    for (MemoryPeer* const peer : {&ann, &cat, &bob, &dan}) {
      if (!peer->closed()) peer->settle();
    }
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  HandStream stream;
  HandBus first{stream, "first"};
  HandBus second{stream, "second"};
  Relay first_relay{loop};
  Relay second_relay{loop};
  std::optional<RelayBridge> first_bridge{std::in_place, loop, first_relay, first};
  std::optional<RelayBridge> second_bridge{std::in_place, loop, second_relay, second};
  MemoryPeer ann{loop, first_relay.factory()({}), small_queue()};
  MemoryPeer cat{loop, first_relay.factory()({}), small_queue()};
  MemoryPeer bob{loop, second_relay.factory()({}), small_queue()};
  MemoryPeer dan{loop, second_relay.factory()({}), small_queue()};
};

// A peer of a relay. All are at one address, one after the other.
class Successor final : public Protocol {
 public:
  explicit Successor(Relay& relay) : member_(relay) { cr_assert(++alive == 1); }
  ~Successor() override { --alive; }
  static void* operator new(std::size_t /*size*/) { return static_cast<void*>(place.data()); }
  static void operator delete(void* /*where*/) {}

  void on_open(Connection& connection) override { member_.join(connection); }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    member_.deliver(RelayForm::bytes, in);
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code /*reason*/) override {
    member_.leave();
  }

 private:
  static constexpr std::size_t kPlace = 1024;
  alignas(std::max_align_t) static inline std::array<std::byte, kPlace> place;
  static inline int alive = 0;
  RelayMember member_;
};

}  // namespace

Test(relay_bridge, all_peers_receive_the_same_bytes_in_the_order_of_the_bus) {
  TwoRelays two;
  two.ann.send(std::string("a\0\n", 3));
  two.bob.send("b\xff");
  two.settle_peers();
  cr_expect(two.cat.received().empty(), "it comes from the bus");
  two.second.send();
  two.settle();
  const std::string all(
      "b\xff"
      "a\0\n",
      5);
  cr_expect(two.cat.received() == all);
  cr_expect(two.dan.received() == all);
  cr_expect(two.ann.received() == "b\xff");
  cr_expect(two.bob.received() == all.substr(2));
}

Test(relay_bridge, without_the_bus_each_relay_goes_on_and_the_other_gets_it_later) {
  TwoRelays two;
  two.ann.send("held ");
  two.first.set_reachable(false);
  two.ann.send("away");
  two.settle_peers();
  cr_expect(two.cat.received() == "held away");
  cr_expect(two.dan.received().empty());
  two.first.set_reachable(true);
  two.settle();
  cr_expect(two.dan.received() == "held away");
  cr_expect(two.cat.received().empty() && two.ann.received().empty(), "nothing twice");
}

Test(relay_bridge, what_the_bus_loses_is_lost_for_the_others_alone) {
  TwoRelays two;
  two.ann.send("one ");
  two.settle_peers();
  two.ann.send("two");
  two.settle_peers();
  two.first.lose();
  two.settle();
  cr_expect(two.cat.received() == "one two");
  cr_expect(two.dan.received() == "two");
}

Test(relay_bridge, the_words_of_a_peer_that_has_left_are_delivered) {
  TwoRelays two;
  two.ann.send("last words");
  two.ann.reset();
  two.settle();
  cr_expect(two.cat.received() == "last words");
  cr_expect(two.dan.received() == "last words");
}

Test(relay_bridge, a_newcomer_in_the_place_of_a_peer_that_has_left_receives_its_last_words) {
  TwoRelays two;
  MemoryPeer old(two.loop, std::make_unique<Successor>(two.first_relay), small_queue());
  old.send("last words");
  old.reset();
  MemoryPeer next(two.loop, std::make_unique<Successor>(two.first_relay), small_queue());
  two.settle();
  next.settle();
  cr_expect(next.received() == "last words");
  cr_expect(two.cat.received() == "last words");
}

Test(relay_bridge, so_does_a_newcomer_while_a_peer_is_behind) {
  TwoRelays two;
  MemoryPeer old(two.loop, std::make_unique<Successor>(two.first_relay), small_queue());
  old.send("last words");
  two.cat.set_window(0);
  const std::string much(3 * kQueueMark, 'x');
  two.bob.send(much);
  two.second.send();
  two.first.send();
  two.first.read();
  two.settle_peers();
  cr_expect(two.ann.received().size() < much.size() + 10, "the last words wait for cat");
  old.reset();
  MemoryPeer next(two.loop, std::make_unique<Successor>(two.first_relay), small_queue());
  two.cat.set_window(MemoryPeer::kUnlimited);
  two.settle();
  next.settle();
  cr_expect(next.received().ends_with("last words"));
  cr_expect(two.cat.received() == much + "last words");
}

Test(relay_bridge, ignores_what_was_said_before_it_came_and_what_is_not_of_a_relay) {
  TwoRelays two;
  two.ann.send("old");
  two.settle_peers();
  two.first.send();
  two.second.read(true);
  two.stream.entries.push_back({"stranger", 1, "x what is this"});
  two.stream.entries.push_back({"stranger", 2, ""});
  two.settle();
  cr_expect(two.dan.received().empty());
}

Test(relay_bridge, keeps_messages_and_their_forms) {
  Loop loop(LoopOptions{.virtual_time = true});
  HandStream stream;
  HandBus first(stream, "first");
  HandBus second(stream, "second");
  Relay first_relay(loop);
  Relay second_relay(loop);
  WebSocketServer server(loop);
  const RelayBridge first_bridge(loop, first_relay, first);
  const RelayBridge second_bridge(loop, second_relay, second);
  first.set_reachable(true);
  second.set_reachable(true);
  MemoryPeer one(loop, first_relay.factory(server)({}));
  MemoryPeer two(loop, second_relay.factory(server)({}));
  for (MemoryPeer* const peer : {&one, &two}) {
    peer->send(handshake());
    (void)peer->received();
  }
  one.send(client_frame(kText, "he", Fin::no) + client_frame(kContinuation, "llo") +
           client_frame(kBinary, ""));
  first.send();
  first.read();
  second.read();
  two.settle();
  cr_expect(two.received() == server_frame(kText, "hello") + server_frame(kBinary, ""));
}

Test(relay_bridge, reads_nobody_while_the_bus_is_slow_and_loses_nothing) {
  TwoRelays two;
  const std::string text(3 * RelayBridge::kMaxHeld, 'x');
  two.ann.send(text);
  cr_expect(two.ann.unread() > RelayBridge::kMaxHeld, "%zu", two.ann.unread());
  two.settle();
  cr_expect(two.dan.received() == text);
  cr_expect(two.cat.received() == text);
  cr_expect_eq(two.ann.unread(), 0);
}

Test(relay_bridge, a_peer_that_is_slow_for_a_while_loses_nothing_and_delays_its_own_relay_alone) {
  TwoRelays two;
  two.dan.set_window(0);
  std::string text;
  for (char c = 'a'; c < 'k'; ++c) {
    const std::string part(kQueueMark, c);
    two.ann.send(part);
    text += part;
    two.settle();
  }
  cr_expect(two.cat.received() == text);
  cr_expect(two.bob.received().size() < text.size());
  two.dan.set_window(MemoryPeer::kUnlimited);
  two.settle();
  cr_expect(two.dan.received() == text);
  cr_expect(two.loop.counters().connections_open == 4);
}

Test(relay_bridge, a_drain_delivers_what_was_said_last_without_the_bus) {
  TwoRelays two;
  two.ann.send("last ");
  cr_expect(two.cat.received().empty(), "it waits for the bus");
  two.loop.drain(std::chrono::seconds(1));
  two.ann.send("words");
  two.settle_peers();
  cr_expect(two.cat.received() == "last words");
  cr_expect(two.cat.saw_end() && two.ann.saw_end());
  cr_expect_eq(two.first.waiting(), 2, "the others get it from the bus");
}

Test(relay_bridge, a_drain_delivers_the_last_messages_of_a_websocket) {
  Loop loop(LoopOptions{.virtual_time = true});
  HandStream stream;
  HandBus bus(stream, "first");
  Relay relay(loop);
  WebSocketServer server(loop);
  const RelayBridge bridge(loop, relay, bus);
  bus.set_reachable(true);
  MemoryPeer one(loop, relay.factory(server)({}));
  MemoryPeer two(loop, relay.factory(server)({}));
  for (MemoryPeer* const peer : {&one, &two}) {
    peer->send(handshake());
    (void)peer->received();
  }
  one.send(client_frame(kText, "last"));
  loop.drain(std::chrono::seconds(1));
  one.send(client_frame(kText, "words"));
  two.settle();
  const std::string words = server_frame(kText, "last") + server_frame(kText, "words");
  cr_expect(two.received().starts_with(words));
}

Test(relay_bridge, a_drain_waits_for_a_peer_that_is_behind_and_takes_nothing_new) {
  TwoRelays two;
  two.dan.set_window(0);
  const std::string part(kQueueMark, 'x');
  for (std::size_t i = 1; i <= 10; ++i) two.stream.entries.push_back({"third", i, 'r' + part});
  two.second.read();
  two.settle_peers();
  two.loop.drain(std::chrono::seconds(1));
  two.settle_peers();
  cr_expect(!two.bob.saw_end(), "something waits for him");
  two.stream.entries.push_back({"third", 11, "rlater"});
  two.second.read();
  two.dan.set_window(MemoryPeer::kUnlimited);
  two.settle_peers();
  two.settle_peers();
  cr_expect_eq(two.bob.received().size(), 10 * kQueueMark);
  cr_expect_eq(two.dan.received().size(), 10 * kQueueMark);
  cr_expect(two.bob.saw_end() && two.dan.saw_end());
}

// What another machine says reaches the second relay in pages of so many entries. Returns how many
// bytes Bob has received.
static std::size_t read_from_elsewhere(TwoRelays& two, std::size_t messages, std::size_t page) {
  for (std::size_t i = 0; i < messages; ++i) {
    const std::string body = 'r' + std::string(RelayBridge::kMaxMessage, 'x');
    two.stream.entries.push_back({"third", i + 1, body});
  }
  std::size_t received = 0;
  const auto settle = [&two, &received] {
    two.settle_peers();
    received += two.bob.received().size();
  };
  while (two.second.read_page(page)) settle();
  return received;
}

Test(relay_bridge, a_peer_for_which_too_much_waits_is_aborted_alone) {
  TwoRelays two;
  two.dan.set_window(0);
  std::size_t received = read_from_elsewhere(two, kTooMany / 2, 20);
  two.bob.advance(RelayBridge::kGrace);
  cr_expect(!two.dan.closed(), "there is room");
  received += read_from_elsewhere(two, kTooMany, 20);
  cr_expect(two.dan.closed());
  cr_expect(two.dan.close_reason() == CloseReason::aborted);
  cr_expect_eq(received, (kTooMany / 2 + kTooMany) * RelayBridge::kMaxMessage);
  cr_expect(!two.bob.closed());
  cr_expect(!two.second.is_paused());
}

Test(relay_bridge, a_page_with_more_than_may_wait_aborts_no_peer_that_reads) {
  TwoRelays two;
  const std::size_t received = read_from_elsewhere(two, kTooMany, kTooMany);
  cr_expect_eq(received, kTooMany * RelayBridge::kMaxMessage);
  cr_expect_eq(two.dan.received().size(), received);
  cr_expect(two.loop.counters().connections_open == 4);
}

Test(relay_bridge, does_not_read_the_bus_while_too_much_waits_and_then_aborts_a_slow_peer) {
  TwoRelays two;
  two.dan.set_window(0);
  (void)read_from_elsewhere(two, 2 * kTooMany, 20);
  cr_expect(two.second.is_paused(), "Dan has not been behind for long");
  cr_expect(!two.dan.closed());
  two.bob.advance(RelayBridge::kGrace);
  cr_expect(two.dan.closed());
  cr_expect(!two.second.is_paused());
  cr_expect(!two.bob.closed());
}
