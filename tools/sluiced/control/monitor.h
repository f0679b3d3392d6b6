// What happens in the daemon, as it happens, for the clients of the control socket that watch it.
//
// What it is: makes a row of each event, and passes it to each watcher. Without a watcher it makes
// none. It holds no event: a watcher drops and counts the events that it cannot accept at once.
// Lifetime: REQUIRES that a watcher is removed before it is destroyed. Thread: the loop's.
// Errors: none. Without memory for a row, it notifies each watcher that an event was missed.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_MONITOR_H
#define SLUICE_TOOLS_SLUICED_CONTROL_MONITOR_H

#include <atomic>
#include <string_view>
#include <vector>

#include "../../../reactor/base/report.h"
#include "../../common/json_object.h"
#include "../endpoints/connection_end.h"
#include "../settings/listen_spec.h"
#include "../settings/log_level.h"

namespace sluice::tools::daemon {

class MonitorWatcher {
 public:
  // A whole line of JSON.
  virtual void on_event(std::string_view row) noexcept = 0;
  // There was no memory for an event.
  virtual void on_missed_event() noexcept = 0;

 protected:
  ~MonitorWatcher() = default;
};

class Monitor {
 public:
  // Throws std::bad_alloc.
  void add(MonitorWatcher& watcher) {
    watchers_.push_back(&watcher);
    is_watched_ = true;
  }
  void remove(const MonitorWatcher& watcher) noexcept {
    std::erase(watchers_, &watcher);
    is_watched_ = !watchers_.empty();
  }
  [[nodiscard]] bool is_watched() const noexcept { return is_watched_; }  // any thread

  // A newcomer has become a connection, or its handshake begins.
  void opened(const ListenSpec& spec, const Endpoint& endpoint, const Address& peer) noexcept;
  void closed(const ListenSpec& spec, const Endpoint& endpoint,
              const ConnectionEnd& connection) noexcept;
  // Newcomers were refused. REQUIRES: the kind is refused.
  void refused(const Report& report) noexcept;
  // A line of the log.
  void logged(LogLevel level, std::string_view text) noexcept;

 private:
  // Adds the members to a row that has the name and the time of the event.
  template <class AddMembers>
  void publish(std::string_view event, AddMembers add) noexcept;

  std::vector<MonitorWatcher*> watchers_;
  std::atomic<bool> is_watched_{false};
};

}  // namespace sluice::tools::daemon

#endif
