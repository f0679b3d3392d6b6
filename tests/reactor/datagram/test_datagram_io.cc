// Sending datagrams: when, in which order, and the failures.
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/datagram_world.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::Datagram;
using sluice::DatagramOptions;
using sluice::DatagramOverflow;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Loop;
using sluice::Scheme;

namespace {

using Texts = std::vector<std::string>;

std::unique_ptr<DatagramSocket> connected(Loop& loop, Recorder& handler, const Address& peer) {
  return DatagramSocket::connect(loop, Endpoint(Scheme::udp, peer), handler);
}

// A port that was in use a moment ago, and at which no process listens now.
Address refusing_address() { return Peer().address(); }

}  // namespace

Test(datagram_io, sends_at_the_end_of_the_turn) {
  World world;
  cr_expect(world.send("1"));
  cr_expect(world.send("2"));
  cr_expect(world.socket.queued() == 2 * (DatagramOptions::kOverhead + 1));
  cr_expect(!world.peer.receive().has_value());
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"1", "2"}));
  cr_expect(world.socket.queued() == 0);
}

Test(datagram_io, sends_a_full_batch_at_once) {
  DatagramOptions options;
  options.batch = 2;
  World world(options);
  world.send("1");
  world.send("2");
  cr_expect(world.peer.receive_all() == Texts({"1", "2"}));
  world.send("3");
  cr_expect(world.peer.receive_all().empty());
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"3"}));
}

Test(datagram_io, receives_only_from_the_peer_to_which_it_is_connected) {
  Loop loop(backend_options());
  Recorder handler;
  const Peer peer;
  const Peer stranger;
  const auto socket = connected(loop, handler, peer.address());
  cr_expect(socket->send(bytes_of("hello")));
  loop.poll();
  const auto got = peer.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data == "hello");
  cr_expect(got->from == socket->local().address());
  stranger.send("strange", got->from);
  peer.send("back", got->from);
  turn_until(loop, [&] { return !handler.received.empty(); });
  cr_expect(handler.received[0].data == "back");
  cr_expect(handler.received[0].from == peer.address());
  cr_expect(handler.received[0].to == socket->local().address());
}

Test(datagram_io, replies_on_a_connected_socket) {
  Loop loop(backend_options());
  Recorder handler;
  handler.then = answer_with_the_same;
  const Peer peer(Address::loopback(AF_INET6, 0));
  const auto socket = connected(loop, handler, peer.address());
  peer.send("ping", socket->local().address());
  turn_until(loop, [&] { return !handler.received.empty(); });
  cr_expect(peer.receive_all() == Texts({"ping"}));
}

Test(datagram_io, reports_that_a_port_was_refused_and_continues) {
  Loop loop(backend_options());
  Recorder handler;
  const Address address = refusing_address();
  const auto socket = connected(loop, handler, address);
  socket->send(bytes_of("anybody?"));
  turn_until(loop, [&] { return !handler.failed.empty(); });
  cr_expect(handler.failed[0].error == std::errc::connection_refused);
  cr_expect(handler.failed[0].to == address);
  cr_expect(handler.failed.size() == 1);
  const Peer late(address);
  socket->send(bytes_of("and now?"));
  loop.poll();
  cr_expect(late.receive_all() == Texts({"and now?"}));
}

Test(datagram_io, needs_only_on_datagram_of_its_handler) {
  class Collector final : public sluice::DatagramHandler {
   public:
    void on_datagram(DatagramSocket&, const Datagram& datagram) override {
      received.push_back(text_of(datagram.data));
    }
    std::vector<std::string> received;
  };
  Loop loop(backend_options());
  Collector handler;
  DatagramOptions options;
  options.queue_limit = 4096;
  DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler, options);
  const Peer peer;
  cr_expect(socket.send_to(bytes_of(std::string(70'000, 'x')), peer.address()) == false);
  cr_expect(socket.send_to(bytes_of("no broadcasts"), ip("255.255.255.255", 9)));
  turn_a_while(loop, 3);
  cr_expect(loop.counters().datagrams_dropped == 2);
  peer.send("still here", socket.local().address());
  turn_until(loop, [&handler] { return !handler.received.empty(); });
  cr_expect(handler.received[0] == "still here");
}

Test(datagram_io, drops_the_datagram_whose_call_returns_a_refusal) {
  Loop loop(backend_options());
  Recorder handler;
  DatagramOptions options;
  options.batch = 1;  // each datagram is sent at once
  const auto socket =
      DatagramSocket::connect(loop, Endpoint(Scheme::udp, refusing_address()), handler, options);
  // The refusal of the first datagram arrives before the second one is sent, whose call returns it.
  for (const char* data : {"1", "2", "3"}) cr_expect(socket->send(bytes_of(data)));
  turn_until(loop, [&] { return handler.failed.size() == 2; });
  turn_a_while(loop);
  cr_expect(handler.failed.size() == 2);
  for (const auto& failed : handler.failed) {
    cr_expect(failed.error == std::errc::connection_refused);
  }
  cr_expect(loop.counters().datagrams_out == 2);
  cr_expect(loop.counters().datagrams_dropped == 1);
}

Test(datagram_io, drops_a_datagram_that_cannot_be_sent_and_sends_the_rest) {
  World world;
  world.send("before");
  world.send(kTooLong);
  world.send("after");
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"before", "after"}));
  cr_assert(world.handler.failed.size() == 1);
  cr_expect(world.handler.failed[0].error == std::errc::message_size);
  cr_expect(world.handler.failed[0].to == world.peer.address());
  cr_expect(world.loop.counters().datagrams_out == 2);
  cr_expect(world.loop.counters().datagrams_dropped == 1);
}

Test(datagram_io, calls_on_error_only_after_send_returns) {
  DatagramOptions options;
  options.batch = 1;
  World world(options);
  cr_expect(world.send(kTooLong));  // a full batch, so it is sent at once
  cr_expect(world.handler.failed.empty());
  cr_expect(world.send("after"));
  world.loop.poll();
  cr_expect(world.handler.failed.size() == 1);
  cr_expect(world.peer.receive_all() == Texts({"after"}));
}

Test(datagram_io, lets_the_loop_continue_when_each_failure_causes_another) {
  World world;
  world.handler.then_on_error = [&world](DatagramSocket&) { world.send(kTooLong); };
  world.send(kTooLong);
  world.loop.poll();
  cr_expect(world.handler.failed.size() > 1);
  world.handler.then_on_error = nullptr;
  world.send("after");
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"after"}));
}

Test(datagram_io, continues_after_on_error_throws) {
  World world;
  world.handler.then_on_error = [](DatagramSocket&) { throw std::runtime_error("too bad"); };
  world.send(kTooLong);
  world.send("after");
  world.loop.poll();
  cr_expect(world.handler.failed.size() == 1);
  cr_expect(world.peer.receive_all() == Texts({"after"}));
}

Test(datagram_io, drops_the_newest_when_the_queue_is_full) {
  World world(room_for_two(DatagramOverflow::drop_newest));
  cr_expect(world.send("1"));
  cr_expect(world.send("2"));
  cr_expect(!world.send("3"));
  cr_expect(world.loop.counters().datagrams_dropped == 1);
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"1", "2"}));
  cr_expect(world.handler.writable_calls == 1);
  cr_expect(world.handler.failed.empty());
}

Test(datagram_io, drops_the_oldest_with_drop_oldest) {
  World world(room_for_two(DatagramOverflow::drop_oldest));
  for (const char* data : {"1", "2", "3"}) cr_expect(world.send(data));
  cr_expect(world.loop.counters().datagrams_dropped == 1);
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"2", "3"}));
  cr_expect(world.handler.writable_calls == 1);
}

Test(datagram_io, drops_nothing_for_a_datagram_that_can_never_fit) {
  World world(room_for_two(DatagramOverflow::drop_oldest));
  cr_expect(world.send("1"));
  cr_expect(!world.send(std::string(1000, 'x')));
  world.loop.poll();
  cr_expect(world.peer.receive_all() == Texts({"1"}));
}

Test(datagram_io, limits_empty_datagrams) {
  DatagramOptions options;
  options.queue_limit = 10 * DatagramOptions::kOverhead;
  World world(options);
  int taken = 0;
  while (taken < 100 && world.send("")) ++taken;
  cr_expect(taken == 10);
}

Test(datagram_io, has_room_until_half_of_the_queue_is_used_and_says_when_it_is_free_again) {
  DatagramOptions options;
  options.queue_limit = 10 * DatagramOptions::kOverhead;
  World world(options);
  for (int i = 0; i < 5; ++i) world.send("");
  cr_expect(world.socket.has_room());
  world.send("");
  cr_expect(!world.socket.has_room());
  world.loop.poll();
  cr_expect(world.handler.writable_calls == 1);
  cr_expect(world.socket.has_room());
  world.loop.poll();
  cr_expect(world.handler.writable_calls == 1);
}

Test(datagram_io, does_not_call_on_writable_if_it_was_never_full) {
  World world(room_for_two(DatagramOverflow::drop_newest));
  world.send("1");
  world.send("2");
  world.loop.poll();
  cr_expect(world.handler.writable_calls == 0);
}
