#include "own_broadcasts.h"

#include <algorithm>

#include "interfaces.h"

namespace sluice {

bool OwnBroadcasts::contains(std::uint32_t address) {
  if (loop_.now() >= stale_at_) refresh();
  return std::ranges::find(addresses_, address) != addresses_.end();
}

void OwnBroadcasts::refresh() {
  stale_at_ = loop_.now() + kMaxAge;
  const auto interfaces = interface_addresses();
  if (!interfaces) return;
  addresses_.clear();
  for (const InterfaceAddress& one : *interfaces) {
    if (one.configured_broadcast) addresses_.push_back(*one.configured_broadcast);
    // An address may be configured without a broadcast address, and loopback has none; the last
    // address of the network is a broadcast address nevertheless.
    if (const auto last = one.last_of_network()) addresses_.push_back(*last);
  }
  std::ranges::sort(addresses_);
  addresses_.erase(std::unique(addresses_.begin(), addresses_.end()), addresses_.end());
}

}  // namespace sluice
