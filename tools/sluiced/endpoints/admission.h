// Which peers may use a service: its keys `allow` and `deny`, and the bans of the daemon.
//
// A peer is admitted if it is in a network of `allow`, or there is no `allow`, and in none of
// `deny`, and its source is not banned. The peer of a Unix socket is admitted if its user is in
// `allow-users`, or there is no `allow-users`.
// Errors: std::bad_alloc. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_ADMISSION_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_ADMISSION_H

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "../../../protocols/udp/reply_guard.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/paced_report.h"
#include "../../../reactor/stream/protocol.h"
#include "../settings/listen_spec.h"
#include "bans.h"

namespace sluice::tools::daemon {

// Plain data.
struct AccessRules {
  std::optional<Networks> allow;
  Networks deny;

  [[nodiscard]] bool admits(const Address& peer) const noexcept;
};

AccessRules derive_access(const Settings& settings);

// For a service over streams: refuses newcomers, which the listener counts and closes, and reports
// them at most once a second.
// Lifetime: must outlive the listener, and must be destroyed before the loop.
class Admission {
 public:
  // REQUIRES: `bans` outlives it.
  Admission(Loop& loop, const Bans& bans, const ListenSpec& spec);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  [[nodiscard]] ProtocolFactory filter(ProtocolFactory make);
  // Whether the peer may use the service. Reports one that may not.
  [[nodiscard]] bool admit(const Address& peer);
  // Asks the same about the process at the other end of a socket, for ListenerOptions::admit. Empty
  // if the endpoint has no `allow-users`.
  [[nodiscard]] std::function<bool(int socket, const Address& peer)> user_filter();

 private:
  [[nodiscard]] Report describe() const;

  [[nodiscard]] bool admit_user(int socket);

  AccessRules rules_;
  std::optional<Users> users_;
  const Bans& bans_;
  std::string where_;
  Address last_;
  std::optional<uid_t> last_user_;  // if the latest was refused for its user
  PacedReport refusals_;
};

// The guard of one service over UDP. It asks the access rules and the bans, then the guard that all
// services share.
// Lifetime: must outlive the service's socket, and must be destroyed before the loop.
class GuardOf {
 public:
  // REQUIRES: `all` and `bans` outlive it.
  GuardOf(Loop& loop, ReplyGuard& all, const Bans& bans, const ListenSpec& spec);
  GuardOf(const GuardOf&) = delete;
  GuardOf& operator=(const GuardOf&) = delete;

  [[nodiscard]] ReplyGuard& get() noexcept { return own_; }

 private:
  AccessRules rules_;
  ReplyGuard own_;
};

}  // namespace sluice::tools::daemon

#endif
