#include "own_broadcasts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

namespace sluice {
namespace {

std::optional<std::uint32_t> ipv4_of(const sockaddr* address) noexcept {
  if (address == nullptr || address->sa_family != AF_INET) return std::nullopt;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, address, sizeof ipv4);
  return ntohl(ipv4.sin_addr.s_addr);
}

// A network of two addresses has no broadcast address (RFC 3021), nor has one of one.
constexpr std::uint32_t kLongestMask = 0xffff'fffc;

}  // namespace

bool OwnBroadcasts::contains(std::uint32_t address) {
  if (loop_.now() >= stale_at_) refresh();
  return std::ranges::find(addresses_, address) != addresses_.end();
}

void OwnBroadcasts::refresh() {
  stale_at_ = loop_.now() + kFresh;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return;  // out of descriptors, say
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  addresses_.clear();
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const auto address = ipv4_of(entry->ifa_addr);
    if (!address) continue;
    if ((entry->ifa_flags & IFF_BROADCAST) != 0) {
      if (const auto named = ipv4_of(entry->ifa_broadaddr)) addresses_.push_back(*named);
    }
    // An address may be configured without naming its broadcast address, and loopback names none;
    // the network's last address is one all the same.
    const auto mask = ipv4_of(entry->ifa_netmask);
    if (mask && *mask <= kLongestMask) addresses_.push_back(*address | ~*mask);
  }
  std::ranges::sort(addresses_);
  addresses_.erase(std::unique(addresses_.begin(), addresses_.end()), addresses_.end());
}

}  // namespace sluice
