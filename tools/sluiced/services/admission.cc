#include "admission.h"

#include <utility>

#include "socket_keys.h"

namespace sluice::tools::daemon {

bool AccessRules::admits(const Address& peer) const noexcept {
  if (!peer.is_ip()) return true;
  return (!allow || network_of(*allow, peer) != nullptr) && network_of(deny, peer) == nullptr;
}

AccessRules derive_access(const Settings& settings) {
  return {settings.find(kAllowKey), settings.find(kDenyKey).value_or(Networks())};
}

Admission::Admission(Loop& loop, const Bans& bans, const ListenSpec& spec)
    : rules_(derive_access(spec.settings)),
      bans_(bans),
      where_(spec.endpoint().to_string()),
      refusals_(loop, [this] { return describe(); }) {}

ProtocolFactory Admission::filter(ProtocolFactory make) {
  return [this, make = std::move(make)](const Address& peer) {
    return admit(peer) ? make(peer) : ProtocolRef(nullptr);
  };
}

bool Admission::admit(const Address& peer) {
  if (rules_.admits(peer) && !bans_.has(peer)) return true;
  last_ = peer;
  refusals_.happened();
  return false;
}

Report Admission::describe() const {
  return {.kind = Report::Kind::refused,
          .where = where_,
          .what = last_.to_string() +
                  (bans_.has(last_) ? " is banned" : " is not admitted by allow and deny"),
          .error = {}};
}

GuardOf::GuardOf(Loop& loop, ReplyGuard& all, const Bans& bans, const ListenSpec& spec)
    : rules_(derive_access(spec.settings)), own_(loop, all, [this, &bans](const Address& peer) {
        return rules_.admits(peer) && !bans.has(peer);
      }) {}

}  // namespace sluice::tools::daemon
