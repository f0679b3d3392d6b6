// The current addresses of this host's network interfaces.
//
// What it is: the result of getifaddrs() as values, one for each IPv4 or IPv6 address. An interface
// without addresses is not in the list, and one with several is there several times.
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
  std::string interface;  // its name, without the label of the address ("eth0", not "eth0:1")
  unsigned index = 0;     // its number; 0 if it no longer exists
  bool up = false;
  bool loopback = false;
  bool broadcast = false;  // false for loopback and for a point-to-point link
  bool multicast = false;
  Address address;  // with port 0
  // IPv4, in the host's byte order.
  std::optional<std::uint32_t> netmask;
  // Without a value if none is configured. Never 0.0.0.0, and never the address itself.
  std::optional<std::uint32_t> configured_broadcast;

  // IPv4: the last address of the network. It is a broadcast address even if it is not configured
  // as one. A network of two addresses (RFC 3021) or of one has none.
  [[nodiscard]] std::optional<std::uint32_t> last_of_network() const noexcept;
};

// No value if getifaddrs() fails; errno has the reason, such as EMFILE.
SLUICE_EXPORT std::optional<std::vector<InterfaceAddress>> interface_addresses();

}  // namespace sluice

#endif
