// The destination of a datagram, the source of its reply, and broadcasts.
#include <net/if.h>
#include <sys/socket.h>

#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/datagrams.h"
#include "support/network_namespace.h"
#include <sluice/datagram.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::DatagramOptions;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Loop;

namespace {

// An echo service.
struct World {
  explicit World(const std::string& local, const DatagramOptions& options = {})
      : socket(loop, Endpoint::from(local), handler, options) {
    handler.then = answer_with_the_same;
  }

  [[nodiscard]] Address at(const std::string& host) const {
    return ip(host, socket.local().address().port());
  }

  // Sends a request to `host`, and returns the source of the reply.
  Address ask(const Peer& peer, const std::string& host) {
    handler.received.clear();
    peer.send("ping", at(host));
    turn_until(loop, [this] { return !handler.received.empty(); });
    const auto got = peer.receive(5000);
    cr_assert(got.has_value(), "no answer from %s", host.c_str());
    return got->from;
  }

  Loop loop{backend_options()};
  Recorder handler;
  DatagramSocket socket;
};

void expect_replies_from_the_address_of_the_request(const char* local) {
  World world(local);
  const Peer peer;
  const Address answered = world.ask(peer, "127.0.0.77");
  cr_expect(answered == world.at("127.0.0.77"), "%s: %s", local, answered.to_string().c_str());
  cr_expect(world.handler.received[0].to == world.at("127.0.0.77"));
  cr_expect(world.handler.received[0].unicast);
  cr_expect(world.handler.received[0].interface == ::if_nametoindex("lo"));
}

void expect_recognizes_a_broadcast(const char* local) {
  World world(local);
  const Peer peer;
  peer.set(SOL_SOCKET, SO_BROADCAST, 1);
  const Address answered = world.ask(peer, "127.255.255.255");
  const auto& received = world.handler.received[0];
  cr_expect(received.to == world.at("127.255.255.255"), "%s", received.to.to_string().c_str());
  cr_expect(!received.unicast);
  cr_expect(answered == world.at("127.0.0.1"), "no answer comes from a broadcast address");
}

}  // namespace

Test(datagram_destination, replies_from_the_ipv4_address_of_the_request) {
  expect_replies_from_the_address_of_the_request("udp://0.0.0.0:0");
}

Test(datagram_destination, replies_from_the_ipv4_address_of_the_request_on_a_star) {
  expect_replies_from_the_address_of_the_request("udp://*:0");
}

Test(datagram_destination, replies_from_the_ipv6_address_of_the_request) {
  enter_network_namespace();
  add_address("lo", "fd00::77");
  for (const char* local : {"udp://*:0", "udp://[::]:0"}) {
    World world(local);
    const Peer peer(Address::loopback(AF_INET6, 0));
    const Address answered = world.ask(peer, "fd00::77");
    cr_expect(answered == world.at("fd00::77"), "%s", answered.to_string().c_str());
    cr_expect(world.handler.received[0].to == world.at("fd00::77"));
    cr_expect(world.handler.received[0].unicast);
  }
}

Test(datagram_destination, keeps_the_zone_of_a_link_local_address) {
  enter_network_namespace();
  const TestInterface interface("wire", "10.9.1.1");
  const std::string host = interface.link_local();
  for (const char* local : {"udp://*:0", "udp://[::]:0"}) {
    World world(local);
    const Peer peer(ip(host));
    const Address answered = world.ask(peer, host);
    cr_expect(answered == world.at(host), "%s", answered.to_string().c_str());
    cr_expect(world.handler.received[0].from == peer.address());
    cr_expect(world.handler.received[0].to == world.at(host));
  }
}

Test(datagram_destination, replies_from_a_link_local_address_to_one_without_a_zone) {
  enter_network_namespace();
  const TestInterface interface("wire", "10.9.1.1");
  const std::string host = interface.link_local();
  add_address("wire", "fd00::88");
  World world("udp://[::]:0");
  const Peer peer(ip("fd00::88"));
  cr_expect(world.ask(peer, host) == world.at(host));
}

Test(datagram_destination, recognizes_a_broadcast_and_does_not_reply_from_it) {
  expect_recognizes_a_broadcast("udp://0.0.0.0:0");
}

Test(datagram_destination, recognizes_a_broadcast_on_a_star_and_does_not_reply_from_it) {
  expect_recognizes_a_broadcast("udp://*:0");
}

Test(datagram_destination, is_left_out_on_request) {
  DatagramOptions options;
  options.want_destination = false;
  for (const char* local : {"udp://*:0", "udp://127.0.0.1:0"}) {
    World world(local, options);
    const Peer peer;
    cr_expect(world.ask(peer, "127.0.0.1") == world.at("127.0.0.1"));
    cr_expect(world.handler.received[0].to.is_unspecified());
    cr_expect(!world.handler.received[0].unicast);
    cr_expect(world.handler.received[0].interface == 0);
  }
}

Test(datagram_destination, is_not_kept_from_an_earlier_datagram) {
  World world("udp://0.0.0.0:0");
  const Peer peer;
  for (const char* host : {"127.0.0.5", "127.0.0.6", "127.0.0.5"}) {
    cr_expect(world.ask(peer, host) == world.at(host));
  }
}

Test(datagram_destination, does_not_allow_broadcasts_by_default) {
  World world("udp://0.0.0.0:0");
  const Address all = ip("127.255.255.255", 7);
  world.socket.send_to(bytes_of("x"), all);
  world.loop.poll();
  cr_assert(world.handler.failed.size() == 1);
  cr_expect(world.handler.failed[0].error == std::errc::permission_denied);
  cr_expect(world.handler.failed[0].to == all);
}

Test(datagram_destination, allows_broadcasts_with_the_option) {
  DatagramOptions options;
  options.broadcast = true;
  World world("udp://0.0.0.0:0", options);
  const Peer peer(ip("0.0.0.0"));
  world.socket.send_to(bytes_of("all"), ip("127.255.255.255", peer.address().port()));
  world.loop.poll();
  const auto got = peer.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data == "all");
}
