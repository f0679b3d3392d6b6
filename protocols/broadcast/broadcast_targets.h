// Chooses the addresses that reach all hosts on the networks of this host.
//
// What it is: a pure function of a list of interfaces. Over IPv4 it chooses the directed broadcast
// address of each network (192.0.2.255 for 192.0.2.1/24) whose interface is up and supports
// broadcasts, which loopback and point-to-point links do not. Over IPv6, which has no broadcast, it
// chooses a multicast group on each interface that is up, supports multicast and has an IPv6
// address. If the scope names an interface, only that one is used. The loopback interface is used
// only if it is named, and is then treated as if it supported both.
// Thread: any. Errors: may throw std::bad_alloc.
// Source: RFC 919, RFC 922 (directed broadcasts); RFC 4291 section 2.7.
#ifndef SLUICE_PROTOCOLS_BROADCAST_BROADCAST_TARGETS_H
#define SLUICE_PROTOCOLS_BROADCAST_BROADCAST_TARGETS_H

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../udp/interfaces.h"

namespace sluice {

struct BroadcastTarget {
  Address to;
  unsigned interface = 0;  // the number of the interface to send on
};

struct BroadcastScope {
  bool ipv4 = true;
  bool ipv6 = true;
  // The address to which the socket is bound: only its network is used, because the socket sends
  // from no other address. Unspecified: all networks.
  Address bound{};
  std::string interface = {};  // empty: all
  Address group{};             // an IPv6 multicast address without a zone; unspecified: ff02::1
  std::uint16_t port = 0;
};

// The targets without duplicates, in the order of the list.
SLUICE_EXPORT std::vector<BroadcastTarget> broadcast_targets(
    std::span<const InterfaceAddress> interfaces, const BroadcastScope& scope);

// The address "ff02::1" with that port: all nodes on a link (RFC 4291 section 2.7.1).
SLUICE_EXPORT Address all_nodes(std::uint16_t port) noexcept;

}  // namespace sluice

#endif
