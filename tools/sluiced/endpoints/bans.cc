#include "bans.h"

namespace sluice::tools::daemon {

bool Bans::add(const Source& source, std::optional<std::chrono::milliseconds> time) {
  std::erase_if(until_, [this](const auto& ban) { return is_over(ban.second); });
  if (until_.size() >= kMaxBans && !until_.contains(source)) return false;
  until_[source] = time ? later(loop_.now(), *time) : TimePoint::max();
  return true;
}

bool Bans::remove(const Source& source) {
  const auto found = until_.find(source);
  if (found == until_.end()) return false;
  const bool was_banned = !is_over(found->second);
  until_.erase(found);
  return was_banned;
}

bool Bans::has(const Address& peer) const noexcept {
  if (until_.empty() || !peer.is_ip()) return false;
  const auto found = until_.find(Source(peer));
  return found != until_.end() && !is_over(found->second);
}

void Bans::each(const Use& use) const {
  const TimePoint now = loop_.now();
  for (const auto& [source, until] : until_) {
    if (is_over(until)) continue;
    if (until == TimePoint::max()) {
      use(source, {});
    } else {
      use(source, std::chrono::ceil<std::chrono::milliseconds>(until - now));
    }
  }
}

}  // namespace sluice::tools::daemon
