// What one turn handles of the datagrams that a socket has received.
#include <chrono>
#include <string>
#include <thread>

#include <criterion/criterion.h>

#include "support/datagram_world.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Datagram;
using sluice::DatagramSocket;
using sluice::Endpoint;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kDatagrams = 10;

void take_long(DatagramSocket& /*socket*/, const Datagram& /*datagram*/) {
  std::this_thread::sleep_for(milliseconds(20));
}

void send_numbers(World& world) {
  for (int i = 0; i < kDatagrams; ++i) {
    world.peer.send(std::string(1, static_cast<char>('0' + i)), world.socket.local().address());
  }
}

std::string received(const Recorder& handler) {
  std::string all;
  for (const Recorder::Received& one : handler.received) all += one.data;
  return all;
}

}  // namespace

Test(datagram_turns, leave_the_rest_of_a_batch_to_the_next_turns) {
  World world;
  world.handler.then = take_long;
  send_numbers(world);
  world.loop.run_once();
  cr_expect(world.handler.received.size() <= 2, "%zu", world.handler.received.size());
  // Each would wait for ever, were the rest forgotten.
  while (world.handler.received.size() < kDatagrams) world.loop.run_once();
  cr_expect(received(world.handler) == "0123456789");
  cr_expect(world.loop.counters().datagrams_in == kDatagrams);
}

Test(datagram_turns, serve_other_sockets_in_between) {
  World world;
  world.handler.then = take_long;
  Recorder other;
  const DatagramSocket another(world.loop, Endpoint::from("udp://127.0.0.1:0"), other);
  send_numbers(world);
  world.peer.send("hello", another.local().address());
  while (other.received.empty()) world.loop.run_once();
  cr_expect(world.handler.received.size() <= 4, "%zu", world.handler.received.size());
  cr_expect(other.received[0].data == "hello");
  while (world.handler.received.size() < kDatagrams) world.loop.run_once();
  cr_expect(received(world.handler) == "0123456789", "%s", received(world.handler).c_str());
}

Test(datagram_turns, deliver_the_rest_before_a_drain_is_done) {
  World world;
  world.handler.then = take_long;
  send_numbers(world);
  world.loop.run_once();
  cr_assert(world.handler.received.size() < kDatagrams);
  bool done = false;
  world.socket.drain(seconds(20), [&done] { done = true; });
  while (!done) world.loop.run_once();
  cr_expect(world.handler.received.size() == kDatagrams);
}

Test(datagram_turns, forget_the_rest_of_a_socket_that_is_closed) {
  World world;
  world.handler.then = take_long;
  send_numbers(world);
  world.loop.run_once();
  const std::size_t before = world.handler.received.size();
  world.socket.close();
  world.loop.poll();
  world.loop.poll();
  cr_expect(world.handler.received.size() == before);
}

Test(datagram_turns, forget_the_rest_of_a_socket_that_is_destroyed) {
  sluice::Loop loop(backend_options());
  Recorder handler;
  handler.then = take_long;
  const Peer peer;
  {
    const DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
    for (int i = 0; i < kDatagrams; ++i) peer.send("x", socket.local().address());
    loop.run_once();
  }
  loop.poll();
  cr_expect(handler.received.size() < kDatagrams);
}
