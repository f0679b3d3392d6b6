// Receiving datagrams, and what a handler may do meanwhile.
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/datagrams.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::Datagram;
using sluice::DatagramOptions;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Loop;
using sluice::Report;

namespace {

struct World {
  explicit World(const DatagramOptions& options = {})
      : socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler, options) {}

  void turn_until_heard(std::size_t count) {
    turn_until(loop, [this, count] { return handler.received.size() >= count; });
  }
  [[nodiscard]] Address address() const { return socket.local().address(); }

  Loop loop{backend_options()};
  Recorder handler;
  DatagramSocket socket;
  Peer peer;
};

DatagramOptions with_batch(std::size_t batch) {
  DatagramOptions options;
  options.batch = batch;
  return options;
}

}  // namespace

Test(datagram, delivers_the_bytes_and_the_source) {
  World world;
  world.peer.send("hello", world.address());
  world.turn_until_heard(1);
  const auto& received = world.handler.received[0];
  cr_expect(received.data == "hello");
  cr_expect(received.from == world.peer.address());
  cr_expect(!received.truncated);
}

Test(datagram, sets_the_destination_to_the_bound_address) {
  World world;
  world.peer.send("x", world.address());
  world.turn_until_heard(1);
  cr_expect(world.handler.received[0].to == world.address());
  cr_expect(world.handler.received[0].unicast);
}

Test(datagram, delivers_an_empty_datagram) {
  World world;
  world.peer.send("", world.address());
  world.peer.send("after", world.address());
  world.turn_until_heard(2);
  cr_expect(world.handler.received[0].data.empty());
  cr_expect(!world.handler.received[0].truncated);
  cr_expect(world.handler.received[1].data == "after");
}

Test(datagram, replies_with_an_empty_datagram) {
  World world;
  world.handler.then = answer_with_the_same;
  world.peer.send("", world.address());
  world.turn_until_heard(1);
  const auto got = world.peer.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data.empty());
  cr_expect(got->from == world.address());
}

Test(datagram, reports_that_a_datagram_was_truncated) {
  DatagramOptions options;
  options.max_size = 4;
  World world(options);
  world.peer.send("12345", world.address());
  world.peer.send("1234", world.address());
  world.turn_until_heard(2);
  cr_expect(world.handler.received[0].data == "1234");
  cr_expect(world.handler.received[0].truncated);
  cr_expect(world.handler.received[1].data == "1234");
  cr_expect(!world.handler.received[1].truncated);
}

Test(datagram, receives_the_largest_datagram) {
  World world;
  world.handler.then = answer_with_the_same;
  std::string large(65'507, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i % 251);
  world.peer.send(large, world.address());
  world.turn_until_heard(1);
  cr_expect(world.handler.received[0].data == large);
  const auto got = world.peer.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data == large);
}

Test(datagram, keeps_the_order_over_many_batches) {
  World world(with_batch(4));
  world.handler.then = answer_with_the_same;
  std::vector<std::string> sent;
  for (int i = 0; i < 50; ++i) sent.push_back("number " + std::to_string(i));
  for (const std::string& data : sent) world.peer.send(data, world.address());
  world.turn_until_heard(sent.size());
  cr_expect(world.peer.receive_all() == sent);
}

Test(datagram, leaves_the_rest_of_a_flood_to_later_turns) {
  World world(with_batch(2));
  for (int i = 0; i < 20; ++i) world.peer.send("x", world.address());
  world.loop.poll();
  cr_expect(world.handler.received.size() == 8, "four batches a turn, got %zu",
            world.handler.received.size());
  world.turn_until_heard(20);
}

Test(datagram, stops_after_a_batch_that_is_not_full) {
  World world;
  world.handler.then = [&world](DatagramSocket& socket, const Datagram&) {
    if (world.handler.received.size() == 1) socket.send_to(bytes_of("again"), world.address());
  };
  world.peer.send("x", world.address());
  world.loop.poll();
  cr_expect(world.handler.received.size() == 1);
  world.turn_until_heard(2);
}

Test(datagram, limits_options_to_their_maxima) {
  DatagramOptions options;
  options.max_size = options.batch = options.queue_limit = static_cast<std::size_t>(-1);
  World world(options);
  world.handler.then = answer_with_the_same;
  world.peer.send("x", world.address());
  world.turn_until_heard(1);
  cr_expect(world.peer.receive(5000).has_value());
}

Test(datagram, increases_a_batch_of_zero_to_one) {
  World world(with_batch(0));
  world.peer.send("x", world.address());
  world.turn_until_heard(1);
}

Test(datagram, counts_received_and_sent_datagrams) {
  World world;
  world.handler.then = answer_with_the_same;
  for (int i = 0; i < 3; ++i) world.peer.send("x", world.address());
  world.turn_until_heard(3);
  cr_expect(world.loop.counters().datagrams_in == 3);
  cr_expect(world.loop.counters().datagrams_out == 3);
  cr_expect(world.loop.counters().datagrams_dropped == 0);
}

Test(datagram, continues_after_its_handler_throws) {
  World world;
  std::vector<Report> reports;
  world.loop.set_reporter([&reports](const Report& report) { reports.push_back(report); });
  world.handler.then = [&world](DatagramSocket&, const Datagram&) {
    if (world.handler.received.size() == 1) throw std::runtime_error("too bad");
  };
  world.peer.send("1", world.address());
  world.peer.send("2", world.address());
  world.turn_until_heard(2);
  cr_assert(reports.size() == 1);
  cr_expect(reports[0].kind == Report::Kind::handler_threw);
  cr_expect(reports[0].where == "on_datagram");
  cr_expect(reports[0].what == "too bad");
}

Test(datagram, may_be_closed_by_its_own_handler) {
  World world;
  world.handler.then = [](DatagramSocket& socket, const Datagram& datagram) {
    socket.reply(datagram, bytes_of("last words"));
    socket.close();
    cr_expect(text_of(datagram.data) == "1");  // it is still valid
    cr_expect(!socket.reply(datagram, bytes_of("none")));
  };
  world.peer.send("1", world.address());
  world.peer.send("2", world.address());
  world.turn_until_heard(1);
  turn_a_while(world.loop);
  cr_expect(world.handler.received.size() == 1);
  cr_expect(world.socket.closed());
  cr_expect(world.peer.receive_all() == std::vector<std::string>{"last words"});
}

Test(datagram, may_be_closed_by_the_handler_of_another) {
  World world;
  Recorder other_handler;
  DatagramSocket other(world.loop, Endpoint::from("udp://127.0.0.1:0"), other_handler);
  world.handler.then = [&other](DatagramSocket&, const Datagram&) { other.close(); };
  other_handler.then = [&world](DatagramSocket&, const Datagram&) { world.socket.close(); };
  world.peer.send("x", world.address());
  world.peer.send("x", other.local().address());
  turn_a_while(world.loop);
  cr_expect(world.handler.received.size() + other_handler.received.size() == 1);
  cr_expect(world.socket.closed() != other.closed());
}

Test(datagram, may_be_destroyed_by_the_handler_of_another) {
  World world;
  Recorder other_handler;
  auto other = std::make_unique<DatagramSocket>(world.loop, Endpoint::from("udp://127.0.0.1:0"),
                                                other_handler);
  const Address other_address = other->local().address();
  world.handler.then = [&other](DatagramSocket&, const Datagram&) { other.reset(); };
  world.peer.send("x", world.address());
  world.turn_until_heard(1);
  world.peer.send("x", other_address);
  turn_a_while(world.loop);
  cr_expect(other_handler.received.empty());
}

Test(datagram, lets_its_handler_create_a_socket_with_a_larger_batch) {
  World world(with_batch(2));
  Recorder larger_handler;
  std::unique_ptr<DatagramSocket> larger;
  world.handler.then = [&](DatagramSocket& socket, const Datagram& datagram) {
    if (larger == nullptr) {
      larger = std::make_unique<DatagramSocket>(socket.loop(), Endpoint::from("udp://127.0.0.1:0"),
                                                larger_handler, with_batch(64));
    }
    socket.reply(datagram, datagram.data);
  };
  world.peer.send("first", world.address());
  world.peer.send("second", world.address());
  world.turn_until_heard(2);
  cr_expect(world.peer.receive_all() == std::vector<std::string>({"first", "second"}));
  for (int i = 0; i < 64; ++i) world.peer.send("x", larger->local().address());
  // One turn may have no time for all of them.
  for (int i = 0; i < 64 && larger_handler.received.size() < 64; ++i) world.loop.poll();
  cr_expect(larger_handler.received.size() == 64);
}

Test(datagram, shares_buffers_with_sockets_of_other_sizes) {
  World world;
  DatagramOptions small;
  small.max_size = 3;
  small.batch = 1;
  Recorder small_handler;
  const DatagramSocket other(world.loop, Endpoint::from("udp://127.0.0.1:0"), small_handler, small);
  for (std::size_t round = 1; round <= 3; ++round) {
    world.peer.send("a long one", world.address());
    world.turn_until_heard(round);
    cr_expect(world.handler.received.back().data == "a long one");
    world.peer.send("a long one", other.local().address());
    turn_until(world.loop, [&] { return small_handler.received.size() == round; });
    cr_expect(small_handler.received.back().data == "a l");
    cr_expect(small_handler.received.back().truncated);
  }
}

Test(datagram, shares_buffers_with_sockets_of_the_other_family) {
  World four;
  Recorder six;
  const DatagramSocket socket(four.loop, Endpoint::from("udp://[::1]:0"), six);
  const Peer peer(Address::loopback(AF_INET6, 0));
  for (std::size_t round = 1; round <= 3; ++round) {
    four.peer.send("4", four.address());
    four.turn_until_heard(round);
    cr_expect(four.handler.received.back().from == four.peer.address());
    peer.send("6", socket.local().address());
    turn_until(four.loop, [&] { return six.received.size() == round; });
    cr_expect(six.received.back().from == peer.address());
  }
}

Test(datagram, receives_after_all_earlier_sockets_of_the_loop_were_destroyed) {
  Loop loop(backend_options());
  const Peer peer;
  for (int i = 0; i < 2; ++i) {
    Recorder handler;
    const DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
    peer.send("x", socket.local().address());
    turn_until(loop, [&] { return handler.received.size() == 1; });
  }
}
