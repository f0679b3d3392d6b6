#include "admission.h"

#include <utility>

#include "../../../reactor/stream/connection.h"
#include "socket_keys.h"

namespace sluice::tools::daemon {
namespace {

constexpr auto kUnknownUser = static_cast<uid_t>(-1);  // no user has it

}  // namespace

bool AccessRules::admits(const Address& peer) const noexcept {
  if (!peer.is_ip()) return true;
  return (!allow || network_of(*allow, peer) != nullptr) && network_of(deny, peer) == nullptr;
}

AccessRules derive_access(const Settings& settings) {
  return {settings.find(kAllowKey), settings.find(kDenyKey).value_or(Networks())};
}

Admission::Admission(Loop& loop, const Bans& bans, const ListenSpec& spec)
    : rules_(derive_access(spec.settings)),
      users_(spec.settings.find(kAllowUsersKey)),
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
  last_user_.reset();
  refusals_.happened();
  return false;
}

std::function<bool(int socket, const Address& peer)> Admission::user_filter() {
  if (!users_) return {};
  return [this](int socket, const Address& /*peer*/) { return admit_user(socket); };
}

bool Admission::admit_user(int socket) {
  const auto credentials = peer_credentials_of(socket);
  if (credentials && has_user(*users_, credentials->user)) return true;
  last_user_ = credentials ? credentials->user : kUnknownUser;
  refusals_.happened();
  return false;
}

Report Admission::describe() const {
  if (last_user_) {
    const std::string user = *last_user_ == kUnknownUser ? "a peer of unknown user"
                                                         : "uid " + std::to_string(*last_user_);
    return {.kind = Report::Kind::refused,
            .where = where_,
            .what = user + " is not in allow-users",
            .error = {}};
  }
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
