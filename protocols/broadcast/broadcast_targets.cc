#include "broadcast_targets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace sluice {
namespace {

Address ipv4_address(std::uint32_t number, std::uint16_t port) noexcept {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  ipv4.sin_addr.s_addr = htonl(number);
  return {reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4};
}

Address with_zone(const Address& group, unsigned zone, std::uint16_t port) noexcept {
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, group.data(), sizeof ipv6);
  ipv6.sin6_port = htons(port);
  ipv6.sin6_scope_id = zone;
  return {reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6};
}

bool is_in_scope(const InterfaceAddress& one, const BroadcastScope& scope) noexcept {
  if (!one.up || one.index == 0) return false;
  if (scope.interface.empty() ? one.loopback : one.interface != scope.interface) return false;
  if (scope.bound.is_unspecified()) return true;
  Address bound = scope.bound;
  bound.set_port(0);
  return one.address == bound;
}

std::optional<Address> target_of(const InterfaceAddress& one, const BroadcastScope& scope) {
  if (one.address.family() == AF_INET6) {
    if (!scope.ipv6 || !(one.multicast || one.loopback)) return std::nullopt;
    const Address group = scope.group.is_unspecified() ? all_nodes(0) : scope.group;
    return with_zone(group, one.index, scope.port);
  }
  if (!scope.ipv4 || !(one.broadcast || one.loopback)) return std::nullopt;
  // An address that was configured without a broadcast address has one nevertheless.
  const auto number = one.configured_broadcast ? one.configured_broadcast : one.last_of_network();
  if (!number) return std::nullopt;
  const Address to = ipv4_address(*number, scope.port);
  Address own = one.address;
  own.set_port(scope.port);
  // In a network of one address, the "broadcast address" is this host's own address.
  if (to == own) return std::nullopt;
  return to;
}

}  // namespace

Address all_nodes(std::uint16_t port) noexcept {
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  ipv6.sin6_addr.s6_addr[0] = 0xff;
  ipv6.sin6_addr.s6_addr[1] = 0x02;
  ipv6.sin6_addr.s6_addr[15] = 1;
  return {reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6};
}

std::vector<BroadcastTarget> broadcast_targets(std::span<const InterfaceAddress> interfaces,
                                               const BroadcastScope& scope) {
  std::vector<BroadcastTarget> targets;
  for (const InterfaceAddress& one : interfaces) {
    if (!is_in_scope(one, scope)) continue;
    const auto to = target_of(one, scope);
    if (!to) continue;
    // An interface may have several addresses in one network.
    const bool known = std::ranges::any_of(targets, [&one, &to](const BroadcastTarget& other) {
      return other.to == *to && other.interface == one.index;
    });
    if (!known) targets.push_back({*to, one.index});
  }
  return targets;
}

}  // namespace sluice
