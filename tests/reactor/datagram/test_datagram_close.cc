// The queue of a datagram socket that is closed, blocked or drained.
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/datagram_world.h"
#include "support/network_namespace.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Address;
using sluice::Datagram;
using sluice::DatagramOptions;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Loop;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

Test(datagram_close, sends_its_queue_when_it_is_closed) {
  World world;
  world.send("1");
  world.send(kTooLong);
  world.send("2");
  world.socket.close();
  cr_expect(world.peer.receive_all() == Texts({"1", "2"}));
  cr_expect(world.socket.queued() == 0);
  turn_a_while(world.loop);
  cr_expect(world.handler.failed.empty(), "nothing is called after close()");
}

Test(datagram_close, rejects_datagrams_when_it_is_closed) {
  World world;
  world.socket.close();
  world.socket.close();
  cr_expect(!world.send("x"));
  cr_expect(world.socket.local().address().port() != 0);
  world.loop.poll();
  cr_expect(!world.peer.receive().has_value());
}

Test(datagram_close, may_be_closed_in_on_error) {
  World world;
  world.handler.then_on_error = [](DatagramSocket& socket) { socket.close(); };
  world.send(kTooLong);
  world.send("after");
  world.loop.poll();
  cr_expect(world.handler.failed.size() == 1);
  cr_expect(world.peer.receive_all() == Texts({"after"}));
}

Test(datagram_close, may_be_closed_in_on_writable) {
  World world(room_for_two());
  world.handler.then_on_writable = [](DatagramSocket& socket) { socket.close(); };
  for (const char* data : {"1", "2", "3"}) world.send(data);
  world.loop.poll();
  cr_expect(world.socket.closed());
}

Test(datagram_close, sends_its_queue_and_stops_receiving_when_the_loop_drains) {
  World world;
  world.send("last");
  world.peer.send("too late", world.socket.local().address());
  bool done = false;
  world.loop.drain(5s, [&done] { done = true; });
  turn_until(world.loop, [&done] { return done; });
  cr_expect(world.peer.receive_all() == Texts({"last"}));
  turn_a_while(world.loop);
  cr_expect(world.handler.received.empty());
}

Test(datagram_close, stops_receiving_when_its_handler_drains_the_loop) {
  DatagramOptions options;
  options.batch = 1;
  World world(options);
  world.handler.then = [](DatagramSocket& socket, const Datagram&) { socket.loop().drain(5s); };
  for (int i = 0; i < 3; ++i) world.peer.send("x", world.socket.local().address());
  world.loop.run();
  cr_expect(world.handler.received.size() == 1);
}

Test(datagram_close, waits_while_the_system_accepts_no_more) {
  enter_network_namespace();
  const TestInterface interface("quiet", "10.9.1.1");
  DatagramOptions options;
  options.send_buffer = 1;  // the system's minimum
  World world(options, "udp://10.9.1.1:0");
  const Address neighbour = ip("10.9.1.9", 7);
  // The datagrams stay in the kernel, and use the buffer, until the neighbour's address is known.
  for (int i = 0; i < 100; ++i) world.socket.send_to(bytes_of(std::string(100, 'x')), neighbour);
  turn_a_while(world.loop);
  const auto sent = world.loop.counters().datagrams_out;
  cr_expect(sent > 0 && sent < 100, "%d were sent", static_cast<int>(sent));
  cr_expect(world.socket.queued() == (100 - sent) * (100 + DatagramOptions::kOverhead));

  interface.resolve("10.9.1.9");
  turn_until(world.loop, [&] { return world.socket.queued() == 0; });
  cr_expect(world.loop.counters().datagrams_out == 100);
  cr_expect(world.handler.failed.empty());
}

Test(datagram_close, drops_its_queue_at_the_deadline_of_a_drain) {
  enter_network_namespace();
  const TestInterface interface("quiet", "10.9.1.1");
  DatagramOptions options;
  options.send_buffer = 1;
  World world(options, "udp://10.9.1.1:0");
  for (int i = 0; i < 100; ++i) {
    world.socket.send_to(bytes_of(std::string(100, 'x')), ip("10.9.1.9", 7));
  }
  world.peer.send("too late", world.socket.local().address());
  world.loop.drain(50ms);
  const auto turns = world.loop.counters().turns;
  world.loop.run();
  cr_expect(world.socket.closed());
  const auto& counters = world.loop.counters();
  cr_expect(counters.turns < turns + 20, "what must wait keeps the loop busy");
  cr_expect(counters.datagrams_dropped > 0);
  cr_expect(counters.datagrams_out + counters.datagrams_dropped == 100);
}
