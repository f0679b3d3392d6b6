// A sender with two Ethernets and a link without broadcasts, and receivers on other hosts.
//
//   sender  left  10.9.1.1 ----+-- first  10.9.1.2
//                              +-- second 10.9.1.3
//           right 10.9.2.1 ------- third  10.9.2.2
//           link  10.9.3.1         nobody
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/datagrams.h"
#include "support/network_namespace.h"
#include <sluice/broadcast.h>
#include <sluice/loop.h>
#include <sluice/reply_guard.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::Broadcast;
using sluice::BroadcastOptions;
using sluice::Endpoint;
using sluice::Loop;
using sluice::ReplyGuard;
using sluice::Report;
using std::chrono::milliseconds;

namespace {

constexpr std::uint16_t kPort = 12'345;
constexpr std::string_view kMessage = "attic: echo 7007";

// A host with one interface. Its constructor moves the process into the host's namespace.
struct Host {
  explicit Host(const std::string& address) : interface("eth0", address) {}
  NetworkNamespace network;
  TestInterface interface;
};

struct Network {
  Network() : left("left", "10.9.1.1"), link("link", "10.9.3.1") {
    right.emplace("right", "10.9.2.1");
    first = std::make_unique<Host>("10.9.1.2");
    second = std::make_unique<Host>("10.9.1.3");
    third = std::make_unique<Host>("10.9.2.2");
    left_wire.plug(left);
    left_wire.plug(first->interface);
    left_wire.plug(second->interface);
    right_wire.plug(*right);
    right_wire.plug(third->interface);
    sender.enter();
  }
  void carry() const {
    left_wire.carry();
    right_wire.carry();
  }
  void lose_right() {
    right_wire.unplug(*right);
    right.reset();
  }
  [[nodiscard]] Peer socket_at(const Host& host, const Address& local) const {
    host.network.enter();
    Peer peer(local);
    sender.enter();
    return peer;
  }
  [[nodiscard]] Peer receiver_at(const Host& host, int family = AF_INET) const {
    return socket_at(host, Address::any(family, kPort));
  }
  // The number of frames that its interface has received.
  [[nodiscard]] unsigned long frames_at(const Host& host) const {
    host.network.enter();
    std::FILE* const list = std::fopen("/proc/self/net/dev", "r");
    cr_assert(list != nullptr);
    char line[512];
    unsigned long frames = 0;
    while (std::fgets(line, sizeof line, list) != nullptr) {
      (void)std::sscanf(line, " eth0: %*s %lu", &frames);
    }
    std::fclose(list);
    sender.enter();
    return frames;
  }
  // Waits until the kernel has finished duplicate address detection.
  void wait_for_ipv6() const {
    for (const Host* host : {first.get(), second.get(), third.get()}) {
      host->network.enter();
      static_cast<void>(host->interface.link_local());
    }
    sender.enter();
    static_cast<void>(left.link_local());
    static_cast<void>(right->link_local());
  }

  NetworkNamespace sender;
  TestInterface left;
  std::optional<TestInterface> right;
  PointToPoint link;
  std::unique_ptr<Host> first, second, third;
  Wire left_wire, right_wire;
};

struct World {
  explicit World(BroadcastOptions with = {}, const char* at = "udp://*:12345") {
    with.message = kMessage;
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
    service.emplace(loop, Endpoint::from(at), guard, with);
  }
  template <class Done>
  void turn_until(Done done) {
    sluice::test::turn_until(loop, [this, &done] {
      network.carry();
      return done();
    });
  }
  std::optional<Peer::Got> receive(const Peer& peer) {
    std::optional<Peer::Got> got;
    turn_until([&] { return (got = peer.receive()).has_value(); });
    return got;
  }
  void expect_hears(const Peer& peer, std::string_view text, const Address& from) {
    const auto got = receive(peer);
    cr_expect(got->data == text, "%s", got->data.c_str());
    cr_expect(got->from == from, "from %s", got->from.to_string().c_str());
  }
  void turn_a_while() {
    for (int i = 0; i < 50; ++i) {
      network.carry();
      sluice::test::turn_a_while(loop, 1);
    }
  }

  Network network;
  Loop loop{backend_options()};
  ReplyGuard guard{loop};
  std::vector<Report> reports;
  std::optional<Broadcast> service;
};

BroadcastOptions every(milliseconds announce) {
  BroadcastOptions result;
  result.announce = announce;
  return result;
}

void set_ipv6(const std::string& interface, const char* what, const char* value) {
  const std::string file = "/proc/sys/net/ipv6/conf/" + interface + "/" + what;
  std::FILE* const setting = std::fopen(file.c_str(), "w");
  if (setting == nullptr) cr_skip_test("%s cannot be set here", file.c_str());
  std::fputs(value, setting);
  cr_assert(std::fclose(setting) == 0, "%s: errno %d", file.c_str(), errno);
}

void by_its_interface(const Peer& peer) {
  ifreq request{};
  std::strncpy(request.ifr_name, "eth0", sizeof request.ifr_name - 1);
  peer.set(SOL_SOCKET, SO_BINDTODEVICE, request);
}

void allow_broadcast(const Peer& peer) { peer.set(SOL_SOCKET, SO_BROADCAST, 1); }

}  // namespace

Test(broadcast_network, announces_on_every_network_that_supports_broadcasts) {
  World world(every(milliseconds(50)), "udp://0.0.0.0:12345");
  const Peer first = world.network.receiver_at(*world.network.first);
  const Peer second = world.network.receiver_at(*world.network.second);
  const Peer third = world.network.receiver_at(*world.network.third);
  for (int round = 0; round < 3; ++round) {
    world.expect_hears(first, kMessage, ip("10.9.1.1", kPort));
    world.expect_hears(second, kMessage, ip("10.9.1.1", kPort));
    world.expect_hears(third, kMessage, ip("10.9.2.1", kPort));
  }
  cr_expect(world.network.link.sent() == 0);
  cr_expect(world.reports.empty(), "%s",
            world.reports.empty() ? "" : world.reports[0].what.c_str());
}

Test(broadcast_network, publishes_on_every_network_at_once) {
  for (const char* at : {"udp://0.0.0.0:12345", "udp://*:12345"}) {
    World world({}, at);
    const Peer first = world.network.receiver_at(*world.network.first);
    const Peer second = world.network.receiver_at(*world.network.second);
    const Peer third = world.network.receiver_at(*world.network.third);
    const auto published = world.service->publish("the printer is on fire");
    cr_expect(published.targets >= 2, "%zu", published.targets);
    world.expect_hears(first, "the printer is on fire", ip("10.9.1.1", kPort));
    world.expect_hears(second, "the printer is on fire", ip("10.9.1.1", kPort));
    world.expect_hears(third, "the printer is on fire", ip("10.9.2.1", kPort));
    cr_expect(world.network.link.sent() == 0);
  }
}

Test(broadcast_network, publishes_only_on_the_named_interface) {
  BroadcastOptions with;
  with.interface = "right";
  World world(with, "udp://0.0.0.0:12345");
  const Peer first = world.network.receiver_at(*world.network.first);
  const Peer third = world.network.receiver_at(*world.network.third);
  cr_expect(world.service->publish("for the right").targets == 1);
  world.expect_hears(third, "for the right", ip("10.9.2.1", kPort));
  world.turn_a_while();
  cr_expect(!first.receive());
}

Test(broadcast_network, reaches_two_links_of_one_network) {
  World world({}, "udp://0.0.0.0:12345");
  // A host with two interfaces on one network; the routing table has only one of them.
  world.network.lose_right();
  world.network.right.emplace("right", "10.9.1.9");
  world.network.right_wire.plug(*world.network.right);
  const Peer first = world.network.receiver_at(*world.network.first);
  const Peer third = world.network.receiver_at(*world.network.third);
  cr_expect(world.service->publish("to both").targets == 2);
  world.expect_hears(first, "to both", ip("10.9.1.1", kPort));
  // Host three is not in that network, so the test counts the frames on its interface.
  world.turn_until([&world] { return world.network.frames_at(*world.network.third) > 0; });
}

Test(broadcast_network, continues_when_an_interface_disappears_and_detects_a_new_one) {
  World world(every(milliseconds(20)), "udp://0.0.0.0:12345");
  const Peer first = world.network.receiver_at(*world.network.first);
  const Peer third = world.network.receiver_at(*world.network.third);
  world.expect_hears(third, kMessage, ip("10.9.2.1", kPort));
  world.network.lose_right();
  world.turn_a_while();
  while (third.receive()) {
  }
  while (first.receive()) {
  }
  for (int round = 0; round < 3; ++round) {
    world.expect_hears(first, kMessage, ip("10.9.1.1", kPort));
  }
  cr_expect(!third.receive());
  world.network.right.emplace("right", "10.9.2.7");
  world.network.right_wire.plug(*world.network.right);
  world.expect_hears(third, kMessage, ip("10.9.2.7", kPort));
  // Only a datagram that was queued when the interface disappeared may be reported.
  cr_expect(world.reports.size() <= 1);
}

Test(broadcast_network, reports_a_target_that_fails_once_a_second_and_reaches_the_others) {
  World world(every(milliseconds(20)), "udp://[::]:12345");
  world.network.wait_for_ipv6();
  const Peer third = world.network.receiver_at(*world.network.third, AF_INET6);
  // The kernel does not send from an address during duplicate address detection.
  set_ipv6("left", "accept_dad", "1");
  set_ipv6("left", "dad_transmits", "1000");
  set_ipv6("left", "disable_ipv6", "1");
  set_ipv6("left", "disable_ipv6", "0");
  world.turn_until([&world] { return !world.reports.empty(); });
  const auto reported = std::chrono::steady_clock::now();
  for (int round = 0; round < 10; ++round) cr_expect(world.receive(third)->data == kMessage);
  const auto since = std::chrono::steady_clock::now() - reported;
  cr_assert(world.reports.size() <= 1 + static_cast<std::size_t>(since / std::chrono::seconds(1)),
            "%zu", world.reports.size());
  cr_expect(world.reports[0].kind == Report::Kind::socket_error);
  cr_expect(world.reports[0].what == "cannot send to [ff02::1%left]:12345", "%s",
            world.reports[0].what.c_str());
  cr_expect(world.reports[0].error == std::errc::address_not_available, "%s",
            world.reports[0].error.message().c_str());
}

Test(broadcast_network, answers_requests_by_directed_and_by_limited_broadcast) {
  for (const char* at : {"udp://0.0.0.0:12345", "udp://*:12345"}) {
    World world({}, at);
    const Peer asker = world.network.socket_at(*world.network.second, ip("0.0.0.0"));
    allow_broadcast(asker);
    by_its_interface(asker);
    for (const char* to : {"10.9.1.255", "255.255.255.255"}) {
      asker.send("who is there?", ip(to, kPort));
      const auto got = world.receive(asker);
      cr_expect(got->data == kMessage);
      // By unicast, and from the address in the client's network.
      cr_expect(got->from == ip("10.9.1.1", kPort), "%s", got->from.to_string().c_str());
    }
    cr_expect(world.guard.refused() == 0);
  }
}

Test(broadcast_network, two_services_receive_each_others_datagrams_and_never_answer) {
  World world(every(milliseconds(20)), "udp://0.0.0.0:12345");
  world.network.first->network.enter();
  // It reads its interfaces here, in the sender's network, so it publishes nothing itself. The test
  // only needs that it would answer.
  ReplyGuard guard(world.loop);
  BroadcastOptions with;
  with.message = "cellar: echo 7007";
  Broadcast other(world.loop, Endpoint::from("udp://0.0.0.0:12345"), guard, with);
  world.network.sender.enter();
  world.turn_until([&other] { return other.counts().ignored >= 10; });
  // A datagram that looks like an answer of the other service.
  const Peer forged = world.network.socket_at(*world.network.third, ip("0.0.0.0", kPort));
  forged.send("cellar: echo 7007", ip("10.9.2.1", kPort));
  const auto ignored = world.service->counts().ignored;
  world.turn_until([&world, ignored] { return world.service->counts().ignored > ignored; });
  world.turn_a_while();
  cr_expect(other.counts().answered == 0);
  cr_expect(world.service->counts().answered == 0);
  cr_expect(guard.refused() == 0);
}

Test(broadcast_network, announces_to_all_nodes_of_each_link_over_ipv6) {
  for (const char* at : {"udp://[::]:12345", "udp://*:12345"}) {
    World world({}, at);
    world.network.wait_for_ipv6();
    const Peer first = world.network.receiver_at(*world.network.first, AF_INET6);
    const Peer third = world.network.receiver_at(*world.network.third, AF_INET6);
    // So that the test does not mistake the IPv4 datagrams on the same socket for it.
    cr_expect(world.service->publish("to all nodes").targets >= 2);
    for (const Peer* peer : {&first, &third}) {
      Address from = world.receive(*peer)->from;
      if (from.unmapped().family() == AF_INET) from = world.receive(*peer)->from;
      cr_expect(from.host().rfind("fe80::", 0) == 0, "%s", from.to_string().c_str());
    }
  }
}

Test(broadcast_network, answers_requests_to_all_nodes) {
  for (const char* at : {"udp://[::]:12345", "udp://*:12345"}) {
    World world({}, at);
    world.network.wait_for_ipv6();
    // The service joins the group some time after the interface appears.
    static_cast<void>(world.service->publish("now"));
    const Peer asker = world.network.socket_at(*world.network.third, ip("::"));
    world.network.third->network.enter();
    const Address group = ip("ff02::1%eth0", kPort);
    const std::string own = world.network.third->interface.link_local();
    world.network.sender.enter();
    asker.send("who is there?", group);
    const auto got = world.receive(asker);
    cr_expect(got->data == kMessage);
    cr_expect(got->from.host().rfind("fe80::", 0) == 0);
    cr_expect(world.guard.refused() == 0);
  }
}

Test(broadcast_network, answers_requests_to_another_group_and_announces_there) {
  BroadcastOptions with;
  with.group = ip("ff05::5aa");
  World world(with, "udp://[::]:12345");
  world.network.wait_for_ipv6();
  const Peer asker = world.network.socket_at(*world.network.third, Address::any(AF_INET6, kPort));
  const Peer prober = world.network.socket_at(*world.network.third, ip("::"));
  world.network.third->network.enter();
  const auto index = static_cast<int>(::if_nametoindex("eth0"));
  ipv6_mreq request{};
  const Address group = ip("ff05::5aa", kPort);
  std::memcpy(&request.ipv6mr_multiaddr,
              &reinterpret_cast<const sockaddr_in6*>(group.data())->sin6_addr,
              sizeof request.ipv6mr_multiaddr);
  request.ipv6mr_interface = static_cast<unsigned>(index);
  asker.set(IPPROTO_IPV6, IPV6_JOIN_GROUP, request);
  prober.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  world.network.sender.enter();
  // The group is not link-local, so its zone has no effect: it is still sent on every interface.
  cr_expect(world.service->publish("to the group").targets >= 2);
  const auto got = world.receive(asker);
  cr_expect(got->data == "to the group");
  prober.send("who is there?", group);
  cr_expect(world.receive(prober)->data == kMessage);
}

Test(broadcast_network, survives_the_largest_datagram_by_broadcast) {
  World world({}, "udp://0.0.0.0:12345");
  const Peer asker = world.network.socket_at(*world.network.first, ip("0.0.0.0"));
  allow_broadcast(asker);
  asker.send(std::string(65'507, 'x'), ip("10.9.1.255", kPort));
  cr_expect(world.receive(asker)->data == kMessage);
}
