// Networks of peers: 127.0.0.0/8, fd00::/8, or one address.
//
// Plain values. An IPv4 peer of an IPv6 socket is its IPv4 address. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_NETWORK_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_NETWORK_H

#include <string>
#include <string_view>
#include <vector>

#include "../../common/ip_number.h"

namespace sluice::tools::daemon {

struct Network {
  IpNumber first;
  unsigned length = 0;  // of the prefix, in bits

  // Without a zone it contains the addresses of every zone. REQUIRES: an IP address.
  [[nodiscard]] bool contains(const Address& address) const noexcept;
  // An address alone if it is the only one.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Network&) const = default;
};

using Networks = std::vector<Network>;

// The first of them that contains the address; null if none does. REQUIRES: an IP address.
const Network* network_of(const Networks& networks, const Address& address) noexcept;

// Throws UsageError that names `what`, what was read and what is allowed.
Network parse_network(std::string_view what, std::string_view text);

}  // namespace sluice::tools::daemon

#endif
