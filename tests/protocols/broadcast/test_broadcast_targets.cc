// The targets of broadcasts, chosen from invented lists of interfaces.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include <sluice/broadcast_targets.h>

using sluice::Address;
using sluice::all_nodes;
using sluice::broadcast_targets;
using sluice::BroadcastScope;
using sluice::BroadcastTarget;
using sluice::InterfaceAddress;
using sluice::test::ip;

namespace {

constexpr std::uint32_t kMask24 = 0xffff'ff00;
constexpr std::uint16_t kPort = 12'345;

// The address of an Ethernet interface.
InterfaceAddress ethernet(const char* name, unsigned index, const char* address) {
  InterfaceAddress one;
  one.interface = name;
  one.index = index;
  one.up = one.broadcast = one.multicast = true;
  one.address = ip(address);
  if (one.address.family() == AF_INET) {
    one.netmask = kMask24;
    one.configured_broadcast = one.last_of_network();
  }
  return one;
}

InterfaceAddress loopback(const char* address) {
  InterfaceAddress one = ethernet("lo", 1, address);
  one.loopback = true;
  one.broadcast = one.multicast = false;
  one.configured_broadcast.reset();
  return one;
}

InterfaceAddress point_to_point(const char* address) {
  InterfaceAddress one = ethernet("tun0", 9, address);
  one.broadcast = false;
  one.configured_broadcast.reset();
  return one;
}

// IPv6 addresses have a number as the zone, because the interfaces do not exist: "ff02::1%2".
void expect(const std::vector<BroadcastTarget>& got, std::initializer_list<const char*> want) {
  cr_assert(got.size() == want.size(), "%zu targets, not %zu", got.size(), want.size());
  std::size_t place = 0;
  for (const char* text : want) {
    const Address address = ip(text, kPort);
    cr_expect(got[place].to == address, "%s, not %s", got[place].to.to_string().c_str(), text);
    ++place;
  }
}

BroadcastScope scope(bool ipv4, bool ipv6, const Address& bound = {}) {
  BroadcastScope result;
  result.ipv4 = ipv4;
  result.ipv6 = ipv6;
  result.bound = bound;
  return result;
}

BroadcastScope on(const char* interface) {
  BroadcastScope result;
  result.interface = interface;
  return result;
}

std::vector<BroadcastTarget> choose(const std::vector<InterfaceAddress>& list,
                                    BroadcastScope where = {}) {
  where.port = kPort;
  return broadcast_targets(list, where);
}

const std::vector<InterfaceAddress> kTwo = {ethernet("eth0", 2, "192.0.2.1"),
                                            ethernet("eth1", 3, "198.51.100.1"),
                                            ethernet("eth0", 2, "fe80::1%2")};

}  // namespace

Test(broadcast_targets, are_the_broadcast_address_of_each_network_and_the_group_on_each_link) {
  const auto targets = choose(kTwo);
  expect(targets, {"192.0.2.255", "198.51.100.255", "ff02::1%2"});
  cr_expect(targets[0].interface == 2);
  cr_expect(targets[1].interface == 3);
  cr_expect(targets[2].interface == 2);
}

Test(broadcast_targets, have_the_address_families_of_the_socket) {
  expect(choose(kTwo, scope(true, false)), {"192.0.2.255", "198.51.100.255"});
  expect(choose(kTwo, scope(false, true)), {"ff02::1%2"});
}

Test(broadcast_targets, are_those_of_the_named_interface) {
  expect(choose(kTwo, on("eth1")), {"198.51.100.255"});
  expect(choose(kTwo, on("eth2")), {});
  expect(choose(kTwo, on("eth")), {});
}

Test(broadcast_targets, exclude_loopback_unless_it_is_named) {
  InterfaceAddress four = loopback("127.0.0.1");
  four.netmask = 0xff00'0000;
  const std::vector<InterfaceAddress> list = {four, loopback("::1")};
  expect(choose(list), {});
  expect(choose(list, on("lo")), {"127.255.255.255", "ff02::1%1"});
}

Test(broadcast_targets, exclude_a_link_without_broadcasts) {
  expect(choose({point_to_point("192.0.2.1"), kTwo[1]}), {"198.51.100.255"});
  expect(choose({point_to_point("192.0.2.1")}, on("tun0")), {});
  // It may support multicast.
  expect(choose({point_to_point("fe80::9%9")}), {"ff02::1%9"});
}

Test(broadcast_targets, exclude_an_interface_without_multicast) {
  InterfaceAddress one = ethernet("eth0", 2, "fe80::1%2");
  one.multicast = false;
  expect(choose({one}), {});
}

Test(broadcast_targets, exclude_interfaces_that_are_down_or_no_longer_exist) {
  std::vector<InterfaceAddress> list = kTwo;
  list[0].up = false;
  list[2].index = 0;
  expect(choose(list), {"198.51.100.255"});
}

Test(broadcast_targets, use_the_last_address_of_the_network_if_none_is_configured) {
  InterfaceAddress one = ethernet("eth0", 2, "192.0.2.1");
  one.configured_broadcast.reset();
  expect(choose({one}), {"192.0.2.255"});
  one.configured_broadcast = 0xc000'0263;
  expect(choose({one}), {"192.0.2.99"});
}

Test(broadcast_targets, exclude_a_network_of_one_or_two) {
  InterfaceAddress one = ethernet("eth0", 2, "192.0.2.1");
  one.configured_broadcast.reset();
  one.netmask = 0xffff'fffe;
  expect(choose({one}), {});
  one.netmask = 0xffff'ffff;
  expect(choose({one}), {});
  one.configured_broadcast = 0xc000'0201;  // its own address, as some tools set it
  expect(choose({one}), {});
}

Test(broadcast_targets, contain_no_duplicates) {
  const std::vector<InterfaceAddress> list = {
      ethernet("eth0", 2, "192.0.2.1"), ethernet("eth0", 2, "192.0.2.2"),
      ethernet("eth1", 3, "192.0.2.3"), ethernet("eth0", 2, "fe80::1%2"),
      ethernet("eth0", 2, "2001:db8::1")};
  const auto targets = choose(list);
  // Two links may be on one network; each is a separate target.
  expect(targets, {"192.0.2.255", "192.0.2.255", "ff02::1%2"});
  cr_expect(targets[0].interface == 2);
  cr_expect(targets[1].interface == 3);
}

Test(broadcast_targets, are_those_of_the_network_of_the_bound_address) {
  expect(choose(kTwo, scope(true, false, ip("198.51.100.1", kPort))), {"198.51.100.255"});
  expect(choose(kTwo, scope(true, false, ip("127.0.0.1", kPort))), {});
  expect(choose(kTwo, scope(false, true, ip("fe80::1%2", kPort))), {"ff02::1%2"});
}

Test(broadcast_targets, use_another_group_if_it_is_set) {
  BroadcastScope another;
  another.group = ip("ff05::c");
  another.ipv4 = false;
  const auto targets = choose(kTwo, another);
  cr_assert(targets.size() == 1);
  cr_expect(targets[0].to.host().rfind("ff05::c", 0) == 0);
  cr_expect(targets[0].to.scope_id() == 2);
  cr_expect(targets[0].interface == 2);
}

Test(broadcast_targets, use_the_address_of_all_nodes_on_a_link) {
  cr_expect(all_nodes(7) == ip("ff02::1", 7));
}
