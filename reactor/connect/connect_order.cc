#include "connect_order.h"

#include <cstddef>

namespace sluice {

namespace {

bool is_ipv6(const Address& address) { return address.unmapped().family() == AF_INET6; }

// The index of the first address at or after `from` that is (or is not) IPv6.
std::size_t find(const std::vector<Address>& addresses, std::size_t from, bool ipv6) {
  while (from < addresses.size() && is_ipv6(addresses[from]) != ipv6) ++from;
  return from;
}

}  // namespace

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> order;
  order.reserve(addresses.size());
  std::size_t ipv6 = find(addresses, 0, true);
  std::size_t other = find(addresses, 0, false);
  while (order.size() < addresses.size()) {
    if (ipv6 < addresses.size()) {
      order.push_back(addresses[ipv6]);
      ipv6 = find(addresses, ipv6 + 1, true);
    }
    if (other < addresses.size()) {
      order.push_back(addresses[other]);
      other = find(addresses, other + 1, false);
    }
  }
  return order;
}

}  // namespace sluice
