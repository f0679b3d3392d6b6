// DatagramSocket::drain(): one socket sends its queue and ends while the others go on.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/datagram_world.h"
#include "support/network_namespace.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Datagram;
using sluice::DatagramHandler;
using sluice::DatagramOptions;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Loop;

namespace {

using Texts = std::vector<std::string>;

// A handler that answers each request, but only when the test allows it.
class Slow final : public DatagramHandler {
 public:
  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override {
    to_ = datagram.from;
    socket_ = &socket;
  }
  [[nodiscard]] bool is_finished(const DatagramSocket&) const noexcept override {
    return socket_ == nullptr;
  }
  [[nodiscard]] bool owes() const noexcept { return socket_ != nullptr; }
  void answer() {
    socket_->send_to(bytes_of("late"), to_);
    socket_ = nullptr;
  }

 private:
  sluice::Address to_;
  DatagramSocket* socket_ = nullptr;
};

}  // namespace

Test(datagram_drain, sends_the_queue_stops_receiving_and_closes_the_socket) {
  World world;
  Recorder others;
  DatagramSocket other(world.loop, Endpoint::from("udp://127.0.0.1:0"), others);
  world.send("last");
  world.peer.send("too late", world.socket.local().address());
  int done = 0;
  world.socket.drain(5s, [&done] { ++done; });
  cr_expect(world.socket.draining());
  cr_expect(done == 0, "it never runs inside of the call");
  turn_until(world.loop, [&done] { return done > 0; });
  cr_expect(world.peer.receive_all() == Texts({"last"}));
  cr_expect(world.socket.closed());
  world.peer.send("hello", other.local().address());
  turn_until(world.loop, [&others] { return !others.received.empty(); });
  turn_a_while(world.loop);
  cr_expect(world.handler.received.empty());
  cr_expect(done == 1);
  cr_expect(!other.draining());
}

Test(datagram_drain, of_a_closed_socket_ends_in_the_next_turn) {
  World world;
  world.socket.close();
  int done = 0;
  world.socket.drain(5s, [&done] { ++done; });
  world.loop.poll();
  cr_expect(done == 1);
}

Test(datagram_drain, of_a_socket_that_is_closed_meanwhile_ends_at_once) {
  Loop loop(backend_options());
  Slow handler;
  DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  Peer peer;
  peer.send("request", socket.local().address());
  turn_until(loop, [&handler] { return handler.owes(); });
  int done = 0;
  socket.drain(100s, [&done] { ++done; });
  turn_a_while(loop);
  cr_expect(done == 0);
  socket.close();
  loop.poll();
  cr_expect(done == 1);
}

Test(datagram_drain, waits_for_an_answer_that_the_handler_delays) {
  Loop loop(backend_options());
  Slow handler;
  DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  Peer peer;
  peer.send("request", socket.local().address());
  turn_until(loop, [&handler] { return handler.owes(); });
  int done = 0;
  socket.drain(100s, [&done] { ++done; });
  turn_a_while(loop);
  cr_expect(done == 0);
  handler.answer();
  turn_until(loop, [&done] { return done == 1; });
  cr_expect(peer.receive_all() == Texts({"late"}));
}

Test(datagram_drain, of_the_loop_waits_for_a_delayed_answer_too) {
  Loop loop(backend_options());
  Slow handler;
  DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  Peer peer;
  peer.send("request", socket.local().address());
  turn_until(loop, [&handler] { return handler.owes(); });
  std::string order;
  loop.drain(100s, [&order] { order += "loop "; });
  socket.drain(100s, [&order] { order += "socket "; });
  turn_a_while(loop);
  cr_expect(order.empty());
  handler.answer();
  turn_until(loop, [&order] { return order.size() > 7; });
  cr_expect(order == "socket loop ", "%s", order.c_str());
}

Test(datagram_drain, its_task_may_destroy_the_socket) {
  Loop loop(backend_options());
  Recorder handler;
  auto socket =
      std::make_unique<DatagramSocket>(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  Peer peer;
  socket->send_to(bytes_of("last"), peer.address());
  socket->drain(5s, [&socket] { socket.reset(); });
  turn_until(loop, [&socket] { return socket == nullptr; });
  cr_expect(peer.receive_all() == Texts({"last"}));
  turn_a_while(loop);
}

Test(datagram_drain, of_a_socket_that_is_destroyed_drops_the_task) {
  Loop loop(backend_options());
  Recorder handler;
  auto socket =
      std::make_unique<DatagramSocket>(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  bool done = false;
  socket->drain(1ms, [&done] { done = true; });
  socket.reset();
  turn_a_while(loop);
  cr_expect(!done);
}

Test(datagram_drain, that_a_handler_begins_stops_receiving) {
  DatagramOptions options;
  options.batch = 1;
  World world(options);
  int done = 0;
  world.handler.then = [&done](DatagramSocket& socket, const Datagram&) {
    socket.drain(5s, [&done] { ++done; });
  };
  for (int i = 0; i < 3; ++i) world.peer.send("x", world.socket.local().address());
  turn_until(world.loop, [&done] { return done == 1; });
  cr_expect(world.handler.received.size() == 1);
}

Test(datagram_drain, drops_the_queue_at_the_earlier_of_two_deadlines) {
  enter_network_namespace();
  const TestInterface interface("quiet", "10.9.1.1");
  DatagramOptions options;
  options.send_buffer = 1;  // the system's minimum
  World world(options, "udp://10.9.1.1:0");
  // The datagrams stay in the kernel, and use the buffer, until the neighbour's address is known.
  for (int i = 0; i < 100; ++i) {
    world.socket.send_to(bytes_of(std::string(100, 'x')), ip("10.9.1.9", 7));
  }
  int done = 0;
  int second = 0;
  world.socket.drain(500s, [&done] { ++done; });
  world.socket.drain(50ms, [&second] { ++second; });
  const auto turns = world.loop.counters().turns;
  while (done == 0) world.loop.run_once();
  cr_expect(second == 0);
  cr_expect(world.socket.closed());
  const auto& counters = world.loop.counters();
  cr_expect(counters.turns < turns + 20, "what must wait keeps the loop busy");
  cr_expect(counters.datagrams_dropped > 0);
  cr_expect(counters.datagrams_out + counters.datagrams_dropped == 100);
}
