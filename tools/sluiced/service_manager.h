// Reports the daemon's state to the service manager that started it, as sd_notify(3) does.
//
// What it is: the sender of systemd's notification protocol. NOTIFY_SOCKET names the socket.
// Without it, every function does nothing. If WATCHDOG_USEC is set for this process, a timer
// reports twice in that time that the loop still turns.
// A worker whose parent was started by the service manager has a relay, because only messages of
// that process count.
// Lifetime: must be destroyed before its loop. The socket is connected by the constructor, so that
// a later chroot does not matter.
// Thread: the loop's. Nothing blocks: a message for which the socket has no room is repeated after
// kRetry, in order.
// Errors: error() says why the service manager cannot be reached. The daemon serves without it.
// Source: sd_notify(3), sd_watchdog_enabled(3).
#ifndef SLUICE_TOOLS_SLUICED_SERVICE_MANAGER_H
#define SLUICE_TOOLS_SLUICED_SERVICE_MANAGER_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "../../reactor/base/fd.h"
#include "../../reactor/loop/timer.h"

namespace sluice::tools::daemon {

class ServiceManager {
 public:
  static constexpr std::chrono::milliseconds kRetry{100};
  static constexpr std::size_t kMaxWaiting = 16;  // messages; above it the oldest is dropped

  // Sends a message in place of this process, which the service manager does not know.
  using Relay = std::function<void(const std::string& message)>;

  // With a relay, too, it reports for WATCHDOG_USEC, which the service manager has set for the
  // parent.
  explicit ServiceManager(Loop& loop, Relay relay = {});

  // The reason why there is nobody to report to although NOTIFY_SOCKET is set.
  [[nodiscard]] const std::error_code& error() const noexcept { return error_; }
  [[nodiscard]] bool present() const noexcept { return static_cast<bool>(socket_) || relay_; }

  // `status` is a line for people, which `systemctl status` prints. Each may throw std::bad_alloc.
  void ready(std::string_view status);  // at the start, and after a reload
  void reloading();
  void stopping(std::string_view status);
  void main_process(pid_t process);  // another one that takes the place of this one
  // A message of a process that has this one as its relay.
  void send(std::string message);
  // That process sends the reports of the watchdog, and this one sends none.
  void leave_watchdog() noexcept { watchdog_.stop(); }

 private:
  void connect(const char* name);
  void watch();
  void send_waiting();

  Relay relay_;
  Fd socket_;
  std::error_code error_;
  std::deque<std::string> waiting_;
  Timer retry_;
  Timer watchdog_;
};

}  // namespace sluice::tools::daemon

#endif
