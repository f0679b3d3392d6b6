// Multicast groups on each interface, in a network namespace.
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

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

struct Network {
  Network() { enter_network_namespace(); }
};

struct World {
  explicit World(const std::string& local, const DatagramOptions& options = {})
      : socket(loop, Endpoint::from(local), handler, options) {}

  // The datagrams that arrive within a fixed time.
  std::size_t receives() {
    turn_a_while(loop);
    const std::size_t count = handler.received.size();
    handler.received.clear();
    return count;
  }
  [[nodiscard]] std::uint16_t port() const { return socket.local().address().port(); }

  Loop loop{backend_options()};
  Recorder handler;
  DatagramSocket socket;
};

// Sends one datagram to `group` on an interface. Multicast is looped back to this host.
void send_to_group(const char* group, std::uint16_t port, const TestInterface& interface) {
  const Address to = ip(group, port);
  const Peer peer(Address::any(to.family(), 0));
  if (to.family() == AF_INET) {
    ip_mreqn request{};
    request.imr_ifindex = static_cast<int>(interface.index());
    peer.set(IPPROTO_IP, IP_MULTICAST_IF, request);
  } else {
    static_cast<void>(interface.link_local());  // wait for a source address
    peer.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface.index()));
  }
  peer.send("to all", to);
}

std::error_code error_of_joining(DatagramSocket& socket, const char* group,
                                 std::string_view interface) {
  try {
    socket.join(ip(group), interface);
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

void expect_receives_the_group_on_one_interface(const char* local, const char* group) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  const TestInterface two("two", "10.9.2.1");
  World world(local);
  world.socket.join(ip(group), "one");
  send_to_group(group, world.port(), two);
  cr_expect(world.receives() == 0, "it did not join there");
  send_to_group(group, world.port(), one);
  turn_until(world.loop, [&world] { return world.handler.received.size() == 1; });
  const auto& received = world.handler.received[0];
  Address plain = received.to;
  cr_expect(plain.host().substr(0, plain.host().find('%')) == group, "%s", plain.host().c_str());
  cr_expect(!received.unicast);
  cr_expect(received.interface == one.index());

  world.handler.received.clear();
  world.socket.leave(ip(group), "one");
  send_to_group(group, world.port(), one);
  cr_expect(world.receives() == 0, "it has left");
}

// Whether `text` is among the datagrams that leave by `interface`.
bool leaves_by(const TestInterface& interface, std::string_view text) {
  char frame[2048];
  bool found = false;
  for (;;) {
    const ssize_t size = ::read(interface.fd(), frame, sizeof frame);
    if (size <= 0) return found;
    found = found || std::string_view(frame, static_cast<std::size_t>(size)).ends_with(text);
  }
}

}  // namespace

Test(datagram_multicast, sends_by_the_named_interface) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  const TestInterface two("two", "10.9.2.1");
  static_cast<void>(one.link_local());
  static_cast<void>(two.link_local());
  // A socket that is bound to an address sends from it on any interface.
  for (const char* local : {"udp://0.0.0.0:0", "udp://*:0", "udp://[::]:0", "udp://10.9.1.1:0"}) {
    World world(local);
    const bool six = world.socket.local().address().family() == AF_INET6;
    const bool both = local == std::string_view("udp://*:0");
    std::vector<const char*> groups;
    if (!six || both) groups.push_back("239.1.2.3");
    if (six) groups.push_back("ff05::77");
    for (const char* group : groups) {
      for (const TestInterface* by : {&one, &two}) {
        const std::string text = "by " + by->name() + " to " + group;
        cr_expect(world.socket.send_to(std::as_bytes(std::span(text)), ip(group, 9), by->index()));
        turn_a_while(world.loop);
        cr_expect(leaves_by(*by, text), "%s: %s", local, text.c_str());
        cr_expect(!leaves_by(by == &one ? two : one, text), "%s: %s", local, text.c_str());
      }
    }
    cr_expect(world.handler.failed.empty(), "%s", local);
  }
}

Test(datagram_multicast, reports_a_missing_interface_as_an_error_of_the_datagram) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  static_cast<void>(one.link_local());
  for (const char* local : {"udp://0.0.0.0:0", "udp://*:0", "udp://[::]:0"}) {
    World world(local);
    const bool six = world.socket.local().address().family() == AF_INET6;
    const Address group = ip(six ? "ff05::77" : "239.1.2.3", 9);
    const std::string text = "to all";
    world.socket.send_to(std::as_bytes(std::span(text)), group, 4711);
    world.socket.send_to(std::as_bytes(std::span(text)), group, one.index());
    turn_until(world.loop, [&world] { return !world.handler.failed.empty(); });
    turn_a_while(world.loop);
    cr_assert(world.handler.failed.size() == 1, "%s", local);
    cr_expect(world.handler.failed[0].error == std::errc::no_such_device, "%s: %s", local,
              world.handler.failed[0].error.message().c_str());
    cr_expect(leaves_by(one, text), "%s", local);
  }
}

Test(datagram_multicast, receives_from_an_ipv4_group_on_one_interface_until_it_leaves) {
  expect_receives_the_group_on_one_interface("udp://0.0.0.0:0", "239.1.2.3");
}

Test(datagram_multicast, receives_from_an_ipv6_group_on_one_interface_until_it_leaves) {
  expect_receives_the_group_on_one_interface("udp://[::]:0", "ff12::77");
}

Test(datagram_multicast, receives_from_an_ipv4_group_on_a_star) {
  expect_receives_the_group_on_one_interface("udp://*:0", "239.1.2.3");
}

Test(datagram_multicast, receives_from_an_ipv6_group_on_a_star) {
  expect_receives_the_group_on_one_interface("udp://*:0", "ff12::77");
}

Test(datagram_multicast, uses_the_zone_of_a_group_as_the_interface) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  const TestInterface two("two", "10.9.2.1");
  World world("udp://[::]:0");
  world.socket.join(ip("ff12::77%two"));
  send_to_group("ff12::77", world.port(), one);
  cr_expect(world.receives() == 0);
  send_to_group("ff12::77", world.port(), two);
  cr_expect(world.receives() == 1);
}

Test(datagram_multicast, does_not_receive_from_a_group_that_only_another_socket_joined) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  DatagramOptions options;
  options.reuse_address = true;
  for (const char* host : {"0.0.0.0", "[::]", "*"}) {
    const char* const group = host == std::string_view("0.0.0.0") ? "239.1.2.3" : "ff12::77";
    const std::string local = "udp://" + std::string(host) + ":";
    World joined(local + "0", options);
    joined.socket.join(ip(group), "one");
    World other(local + std::to_string(joined.port()), options);
    send_to_group(group, joined.port(), one);
    cr_expect(joined.receives() == 1);
    cr_expect(other.receives() == 0, "%s", host);
  }
}

Test(datagram_multicast, is_received_by_all_members_that_share_the_port) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  DatagramOptions options;
  options.reuse_address = true;
  World first("udp://0.0.0.0:0", options);
  World second("udp://0.0.0.0:" + std::to_string(first.port()), options);
  first.socket.join(ip("239.1.2.3"), "one");
  second.socket.join(ip("239.1.2.3"), "one");
  send_to_group("239.1.2.3", first.port(), one);
  cr_expect(first.receives() == 1);
  cr_expect(second.receives() == 1);
}

Test(datagram_multicast, replies_to_a_datagram_to_a_group_from_an_address_of_the_host) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  World world("udp://*:0");
  world.handler.then = answer_with_the_same;
  world.socket.join(ip("239.1.2.3"), "one");
  const Peer peer(ip("10.9.1.1"));
  ip_mreqn request{};
  request.imr_ifindex = static_cast<int>(one.index());
  peer.set(IPPROTO_IP, IP_MULTICAST_IF, request);
  peer.send("who is there", ip("239.1.2.3", world.port()));
  cr_expect(world.receives() == 1);
  const auto got = peer.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->from == ip("10.9.1.1", world.port()));
}

Test(datagram_multicast, rejects_an_address_that_is_not_a_group) {
  World world("udp://0.0.0.0:0");
  cr_expect(error_of_joining(world.socket, "127.0.0.1", "") == std::errc::invalid_argument);
}

Test(datagram_multicast, throws_if_there_is_no_such_interface) {
  World world("udp://0.0.0.0:0");
  try {
    world.socket.join(ip("239.1.2.3"), "nowhere0");
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::no_such_device);
    cr_expect(std::string(error.what()).rfind("join 239.1.2.3 on nowhere0", 0) == 0, "%s",
              error.what());
  }
}

Test(datagram_multicast, throws_if_it_joins_twice) {
  for (const char* group : {"239.1.2.3", "ff12::77"}) {
    World world("udp://*:0");
    world.socket.join(ip(group), "lo");
    cr_expect(error_of_joining(world.socket, group, "lo") == std::errc::address_in_use);
  }
}

Test(datagram_multicast, throws_if_it_leaves_a_group_that_it_did_not_join) {
  for (const char* group : {"239.1.2.3", "ff12::77"}) {
    World world("udp://*:0");
    try {
      world.socket.leave(ip(group), "lo");
      cr_assert_fail("nothing was thrown");
    } catch (const std::system_error& error) {
      cr_expect(error.code() == std::errc::address_not_available, "%s", error.what());
    }
  }
}

Test(datagram_multicast, rejects_a_group_of_another_family) {
  World four("udp://0.0.0.0:0");
  World six("udp://[::]:0");
  const auto refused = std::errc::address_family_not_supported;
  cr_expect(error_of_joining(four.socket, "ff12::77", "lo") == refused);
  cr_expect(error_of_joining(six.socket, "239.1.2.3", "lo") == refused);
}

Test(datagram_multicast, throws_if_it_joins_when_it_is_closed) {
  World world("udp://0.0.0.0:0");
  world.socket.close();
  cr_expect(error_of_joining(world.socket, "239.1.2.3", "lo") == std::errc::bad_file_descriptor);
}
