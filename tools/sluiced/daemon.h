// The daemon: a loop, its services, and what signals do to it.
//
// What it is: the constructor binds everything that the options name, and the kernel may queue
// newcomers from then on; nothing is served before run(). It keeps nothing for a connection.
// Lifetime: one in a process, because of the signals. Thread: one.
// Errors: the constructor throws std::system_error that names the endpoint, and
// std::invalid_argument for a backend that is not there; what was bound by then is released.
#ifndef SLUICE_TOOLS_SLUICED_DAEMON_H
#define SLUICE_TOOLS_SLUICED_DAEMON_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../protocols/udp/reply_guard.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/loop_pool.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"
#include "connection_log.h"
#include "console.h"
#include "control/control_server.h"
#include "control/control_target.h"
#include "log/log.h"
#include "options.h"
#include "privileges/worker_link.h"
#include "reload.h"
#include "sandbox/sandbox_layer.h"
#include "service_manager.h"
#include "services/lag_probe.h"
#include "services/service_set.h"
#include "spare_memory.h"
#include "upgrade/handover.h"
#include "upgrade/upgrade.h"

namespace sluice::tools::daemon {

class Daemon final : private ControlTarget {
 public:
  // Uses the sockets of `handover` where it has them. A worker has a link to its parent, which
  // outlives this object; signals come from there then, and not from the system.
  Daemon(const Options& options, Log& log, Handover& handover, WorkerLink* link = nullptr);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  // A line "listening NAME ENDPOINT" for each service, in the order of the options, with the real
  // port, and then "ready".
  [[nodiscard]] std::string announcement() const;
  [[nodiscard]] std::size_t services() const noexcept { return services_.serving(); }
  [[nodiscard]] Backend backend() const noexcept { return loop_.backend(); }
  [[nodiscard]] std::size_t workers() const noexcept { return pool_.size(); }

  // SIGHUP reads the configuration again from here on. `command_line` is what the daemon was
  // started with.
  void enable_reload(const Options& command_line);
  // Reads it now. REQUIRES: enable_reload() was called. `done` runs as Reload::start() says, after
  // the log has its lines.
  void reload(const Reload::Done& done) noexcept;

  // What is in force, for the control socket.
  void set_sandbox(std::vector<SandboxLayer> layers) noexcept { sandbox_ = std::move(layers); }

  // SIGUSR2 starts this program again from here on, which takes over.
  void enable_upgrade(StartedProgram program) { program_ = std::move(program); }
  // Waits until the old daemon lets this one serve. Throws std::runtime_error. REQUIRES: there is
  // one, and `handover` outlives this object.
  void take_over(Handover& handover);

  // The terminal takes part from here on. REQUIRES: some service has a use for it.
  void open_console();

  // Serves until a signal has stopped it.
  void run();

 private:
  // ControlTarget
  [[nodiscard]] Loop& loop() noexcept override { return loop_; }
  [[nodiscard]] const ServiceSet& service_set() const noexcept override { return services_; }
  [[nodiscard]] Bans& bans() noexcept override { return services_.bans(); }
  [[nodiscard]] Monitor& monitor() noexcept override { return monitor_; }
  void drain_service(Service& service) override;
  [[nodiscard]] const std::vector<SandboxLayer>& sandbox() const noexcept override {
    return sandbox_;
  }
  [[nodiscard]] std::uint64_t udp_unanswered() const noexcept override { return guard_.refused(); }
  [[nodiscard]] std::uint64_t log_dropped() const noexcept override { return log_.dropped(); }
  void set_log_level(LogLevel level) noexcept override { log_.set_level(level); }
  void reload_for_client(ReloadDone done) noexcept override;
  void upgrade_for_client(ReloadDone done) noexcept override { upgrade(done); }
  void stop_for_client() noexcept override { stop("control"); }
  void log_control(std::string_view text) noexcept override { log_.info(text); }

  // daemon_reload.cc
  [[nodiscard]] std::string explain_denial() const;
  std::vector<std::string> apply(const Options& next);
  void load(Reload::Loaded loaded);
  void loaded(bool ok, const std::string& text);
  void hang_up() noexcept;
  void log_reload(const Reload::Result& result) noexcept;
  // daemon.cc
  void open_control(const ControlSettings& control, Handover& handover);
  // daemon_upgrade.cc
  void upgrade(const ReloadDone& done) noexcept;
  [[nodiscard]] std::string why_not_upgrade() const;
  [[nodiscard]] std::vector<Upgrade::Item> upgrade_items() const;
  void upgraded(const Upgrade::Result& result, const ReloadDone& done);
  void refuse_upgrade(const std::string& why, const ReloadDone& done);
  void hand_over();
  void drain_when_idle();
  void send_counters(const ServiceSet::Member& member);
  void on_signal(int number) noexcept;
  void watch_parent();
  void report_ready() noexcept;
  void run_loops();
  void services_drained() noexcept;
  void stop(std::string_view signal) noexcept;
  // False when there is no memory for it.
  bool begin_drain(std::chrono::milliseconds deadline) noexcept;
  void log_stop(std::string_view signal) noexcept;
  void reopen_log() noexcept;
  void log_report(const Report& report);

  Log& log_;
  WorkerLink* link_;  // null: one process
  std::chrono::milliseconds drain_timeout_;
  std::size_t workers_;  // as it was given
  std::size_t max_memory_;
  BusSettings bus_;
  std::optional<std::string> account_;
  std::optional<std::string> chroot_;
  SandboxMode sandbox_mode_;
  bool stopping_ = false;
  bool cut_ = false;              // by a second signal
  std::uint64_t cut_before_ = 0;  // connections, by drains of single services
  std::uint64_t cut_bytes_before_ = 0;
  Monitor monitor_;  // outlives the connections that watch
  LoopPool pool_;
  Loop& loop_;  // the first one, which has all but the connections of some services
  ServiceManager service_manager_;
  SpareMemory spare_memory_;
  ReplyGuard guard_;
  ConnectionLog connection_log_;
  ServiceSet services_;
  std::unique_ptr<ControlServer> control_;
  std::optional<LagProbe> lag_probe_;  // with a control socket
  ControlSettings control_settings_;
  std::vector<SandboxLayer> sandbox_;
  std::unique_ptr<Reload> reload_;
  Fd next_log_;  // of the reload that is under way
  std::unique_ptr<DaemonConsole> console_;
  std::vector<std::unique_ptr<Signal>> signals_;
  std::optional<Watch> parent_;  // of a worker
  Options command_line_;         // a worker's next options begin with these
  Reload::Loaded loaded_;        // waits for the parent
  StartedProgram program_;
  Timer idle_check_;  // after an upgrade
  TimePoint drain_at_{};
  std::vector<std::pair<const Service*, ServiceCounters>> handed_over_;
  std::unique_ptr<Upgrade> upgrade_;
  std::optional<Watch> handover_watch_;  // for the counters of the daemon before this one
};

}  // namespace sluice::tools::daemon

#endif
