// Where a datagram for everybody goes: an address for each network that this host is on.
//
// What it is: a pure choice from a list of interfaces. Over IPv4 the directed broadcast address of
// each network (192.0.2.255 of 192.0.2.1/24) whose interface is up and carries broadcasts: not
// loopback, not a point-to-point link. Over IPv6, which has no broadcast, a multicast group on
// each interface that is up, carries multicast and has an IPv6 address. Where an interface is
// named, that one alone; loopback must be named, and is then taken for one that carries both.
// Thread: none of its own. Errors: may throw std::bad_alloc.
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
  unsigned interface = 0;  // the number of the one that it is to leave by
};

struct BroadcastScope {
  bool ipv4 = true;
  bool ipv6 = true;
  // Only networks in which this host has this address, as a socket that is bound to it has no other
  // to send from. Unspecified: all.
  Address bound;
  std::string interface;  // empty: all
  Address group;          // an IPv6 multicast address without a zone; unspecified: ff02::1
  std::uint16_t port = 0;
};

// Each target once, in the order of the list.
SLUICE_EXPORT std::vector<BroadcastTarget> broadcast_targets(
    std::span<const InterfaceAddress> interfaces, const BroadcastScope& scope);

// "ff02::1", all nodes of a link (RFC 4291 section 2.7.1), with that port.
SLUICE_EXPORT Address all_nodes(std::uint16_t port) noexcept;

}  // namespace sluice

#endif
