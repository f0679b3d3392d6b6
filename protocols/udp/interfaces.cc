#include "interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace sluice {
namespace {

std::optional<std::uint32_t> ipv4_of(const sockaddr* address) noexcept {
  if (address == nullptr || address->sa_family != AF_INET) return std::nullopt;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, address, sizeof ipv4);
  return ntohl(ipv4.sin_addr.s_addr);
}

constexpr std::uint32_t kMaxMask = 0xffff'fffc;  // /30: a longer prefix has no broadcast address

// REQUIRES: IFF_BROADCAST. Without it, ifa_broadaddr is the peer of a point-to-point link.
// If an address was configured without a broadcast address, as by "ip address add 192.0.2.1/24 dev
// eth0", getifaddrs() may report the address itself, or 0.0.0.0. No service may take those for a
// broadcast address: requests to the host's own address would get no answer.
std::optional<std::uint32_t> broadcast_of(const ifaddrs& entry, std::optional<std::uint32_t> own) {
  const auto reported = ipv4_of(entry.ifa_broadaddr);
  if (reported == own || reported == 0U) return std::nullopt;
  return reported;
}

InterfaceAddress read(const ifaddrs& entry) {
  const bool ipv4 = entry.ifa_addr->sa_family == AF_INET;
  const socklen_t size = ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  InterfaceAddress result;
  const std::string_view name = entry.ifa_name;
  result.interface = name.substr(0, name.find(':'));
  result.index = ::if_nametoindex(entry.ifa_name);
  result.up = (entry.ifa_flags & IFF_UP) != 0;
  result.loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  result.multicast = (entry.ifa_flags & IFF_MULTICAST) != 0;
  result.address = Address(entry.ifa_addr, size);
  if (ipv4) result.netmask = ipv4_of(entry.ifa_netmask);
  result.broadcast = (entry.ifa_flags & IFF_BROADCAST) != 0;
  if (ipv4 && result.broadcast) {
    result.configured_broadcast = broadcast_of(entry, ipv4_of(entry.ifa_addr));
  }
  return result;
}

}  // namespace

std::optional<std::uint32_t> InterfaceAddress::last_of_network() const noexcept {
  const auto own = ipv4_of(address.data());
  if (!own || !netmask || *netmask > kMaxMask) return std::nullopt;
  return *own | ~*netmask;
}

std::optional<std::vector<InterfaceAddress>> interface_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  std::vector<InterfaceAddress> result;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const sockaddr* const address = entry->ifa_addr;
    if (address == nullptr) continue;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) continue;
    result.push_back(read(*entry));
  }
  return result;
}

}  // namespace sluice
