// What the control socket can ask of the daemon, and do to it.
//
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_TARGET_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_TARGET_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../../../reactor/stream/connection.h"
#include "../sandbox/sandbox_layer.h"
#include "../services/service_set.h"
#include "../settings/log_level.h"
#include "monitor.h"

namespace sluice::tools::daemon {

class ControlTarget {
 public:
  [[nodiscard]] virtual Loop& loop() noexcept = 0;
  [[nodiscard]] virtual const ServiceSet& service_set() const noexcept = 0;

  [[nodiscard]] virtual Bans& bans() noexcept = 0;

  [[nodiscard]] virtual Monitor& monitor() noexcept = 0;

  // Drains a member of services() and removes it.
  virtual void drain_service(Service& service) = 0;
  [[nodiscard]] virtual const std::vector<SandboxLayer>& sandbox() const noexcept = 0;
  // Requests over UDP that were not answered, and lines of the log that were dropped.
  [[nodiscard]] virtual std::uint64_t udp_unanswered() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t log_dropped() const noexcept = 0;
  virtual void set_log_level(LogLevel level) noexcept = 0;
  // Runs `done`, which does not throw, at once or in a later turn. If not `ok`, nothing has
  // changed, and the lines say why, unless there was no memory for them; else they say what was
  // done.
  using ReloadDone = std::function<void(bool ok, const std::vector<std::string>& lines)>;
  virtual void reload_for_client(ReloadDone done) noexcept = 0;
  // The same for an upgrade: another process serves, or this one goes on.
  virtual void upgrade_for_client(ReloadDone done) noexcept = 0;
  // Drains everything, the control socket last.
  virtual void stop_for_client() noexcept = 0;
  // What a client has changed, for the log.
  virtual void log_control(std::string_view text) noexcept = 0;

 protected:
  ~ControlTarget() = default;
};

}  // namespace sluice::tools::daemon

#endif
