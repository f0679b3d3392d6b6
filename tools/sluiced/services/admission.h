// Which peers may use a service: its keys `allow` and `deny`.
//
// A peer is admitted if it is in a network of `allow`, or there is no `allow`, and in none of
// `deny`. The peers of Unix sockets are admitted.
// Errors: std::bad_alloc. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_ADMISSION_H
#define SLUICE_TOOLS_SLUICED_SERVICES_ADMISSION_H

#include <optional>
#include <string>

#include "../../../protocols/udp/reply_guard.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/paced_report.h"
#include "../../../reactor/stream/protocol.h"
#include "../settings/listen_spec.h"

namespace sluice::tools::daemon {

// Plain data.
struct AccessRules {
  std::optional<Networks> allow;
  Networks deny;

  [[nodiscard]] bool admits(const Address& peer) const noexcept;
  [[nodiscard]] bool are_empty() const noexcept { return !allow && deny.empty(); }
};

AccessRules derive_access(const Settings& settings);

// For a service over streams: refuses newcomers, which the listener counts and closes, and reports
// them at most once a second.
// Lifetime: must outlive the listener, and must be destroyed before the loop.
class Admission {
 public:
  Admission(Loop& loop, const ListenSpec& spec);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // `make` itself if everybody is admitted.
  [[nodiscard]] ProtocolFactory filter(ProtocolFactory make);

 private:
  [[nodiscard]] Report describe() const;

  AccessRules rules_;
  std::string where_;
  Address last_;
  PacedReport refusals_;
};

// For a service over UDP: the guard of the daemon, or one of its own if not everybody is admitted.
// Lifetime: must outlive the service's socket, and must be destroyed before the loop.
class GuardOf {
 public:
  GuardOf(Loop& loop, ReplyGuard& all, const ListenSpec& spec);
  GuardOf(const GuardOf&) = delete;
  GuardOf& operator=(const GuardOf&) = delete;

  [[nodiscard]] ReplyGuard& get() noexcept { return own_ ? *own_ : all_; }

 private:
  AccessRules rules_;
  ReplyGuard& all_;
  std::optional<ReplyGuard> own_;
};

}  // namespace sluice::tools::daemon

#endif
