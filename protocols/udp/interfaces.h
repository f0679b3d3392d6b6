// The addresses of this host's network interfaces, as the system has them now.
//
// What it is: getifaddrs() as values. An interface without an address of IPv4 or IPv6 has none
// here, and one with several stands there several times.
// Thread: any. Errors: may throw std::bad_alloc. Source: getifaddrs(3).
#ifndef SLUICE_PROTOCOLS_UDP_INTERFACES_H
#define SLUICE_PROTOCOLS_UDP_INTERFACES_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"

namespace sluice {

struct SLUICE_EXPORT InterfaceAddress {
  std::string interface;  // its name, without the label that an address of it may bear
  unsigned index = 0;     // its number; 0 when it has gone meanwhile
  bool up = false;
  bool loopback = false;
  bool broadcast = false;  // it carries broadcasts; neither loopback nor a point-to-point link does
  bool multicast = false;
  Address address;  // with port 0
  // IPv4, in the host's byte order.
  std::optional<std::uint32_t> netmask;
  std::optional<std::uint32_t> named_broadcast;  // where one is configured

  // IPv4: the network's last address, which is a broadcast address whether it is configured or not,
  // but for a network of two addresses (RFC 3021) or of one, which has none.
  [[nodiscard]] std::optional<std::uint32_t> last_of_network() const noexcept;
};

// Nothing when the system could not say (errno: out of descriptors, say).
SLUICE_EXPORT std::optional<std::vector<InterfaceAddress>> interface_addresses();

}  // namespace sluice

#endif
