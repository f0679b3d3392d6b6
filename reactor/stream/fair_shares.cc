#include "fair_shares.h"

#include <algorithm>

namespace sluice {

std::size_t FairShares::promised_to_others(const Member& member, std::size_t all) const noexcept {
  const std::size_t each = share(all);
  std::size_t promised = 0;
  for (const Member* other : members_) {
    if (other == &member) continue;
    const std::size_t most = std::min(each, other->most);
    promised += most - std::min(most, other->open);
  }
  return promised;
}

}  // namespace sluice
