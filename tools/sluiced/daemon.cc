#include "daemon.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "../../reactor/base/quote.h"
#include "configured.h"
#include "report_text.h"
#include "root_account.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxEndpoint = 1024;  // bytes of an announced one; a path has at most 108

std::string plural(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

Daemon::Daemon(const Options& options, Log& log, Handover& handover)
    : log_(log),
      drain_timeout_(options.drain_timeout),
      account_(options.user),
      sandbox_mode_(options.sandbox),
      loop_(loop_options(options.loop)),
      service_manager_(loop_),
      spare_memory_(loop_),
      guard_(loop_),
      connection_log_(loop_, log_),
      services_(loop_, guard_,
                [this](const Service& service) {
                  if (console_ != nullptr) console_->release(service);
                }),
      terminate_(loop_, SIGTERM, [this] { stop("SIGTERM"); }),
      interrupt_(loop_, SIGINT, [this] { stop("SIGINT"); }),
      user_(loop_, SIGUSR1, [this] { reopen_log(); }),
      hang_up_(loop_, SIGHUP, [this] { hang_up(); }),
      upgrade_signal_(loop_, SIGUSR2, [this] { upgrade([](bool, const auto&) {}); }),
      idle_check_(loop_, [this] { drain_when_idle(); }) {
  connection_log_.set_on(options.log_connections);
  services_.set_closed([this](const ListenSpec& spec, const Endpoint& at, const Connection& which) {
    connection_log_.closed(spec, at, which);
    monitor_.closed(spec, at, which);
  });
  services_.set_opened([this](const ListenSpec& spec, const Endpoint& at, const Address& peer) {
    monitor_.opened(spec, at, peer);
  });
  loop_.set_reporter([this](const Report& report) { log_report(report); });
  for (const ListenSpec& spec : options.listen) {
    Fd bound = handover.take(spec);
    auto socket = bound ? std::make_unique<EndpointSocket>(spec, std::move(bound))
                        : std::make_unique<EndpointSocket>(spec);
    services_.start_on(std::move(socket), spec, options.listen);
  }
  open_control(options.control, handover);
  // Last: ~Daemon(), which takes it back, does not run if the constructor throws.
  log_.set_observer(
      [this](LogLevel level, std::string_view text) { monitor_.logged(level, text); });
}

Daemon::~Daemon() {
  console_.reset();
  // A service must not go before its connections. After a second signal there may be some left.
  while (loop_.counters().connections_open > 0) {
    // Again when there is no memory for it: nothing else can be done without.
    (void)begin_drain(std::chrono::milliseconds(0));
    loop_.poll();
  }
  log_.set_observer({});
}

std::string Daemon::announcement() const {
  std::string lines;
  for (const ServiceSet::Member& member : services_.members()) {
    lines += "listening ";
    lines += member.kind->name;
    lines += ' ';
    // A path may hold a newline, and this is one line.
    lines += escape(member.spec.written(member.service->endpoint()), kMaxEndpoint);
    lines += '\n';
  }
  return lines + "ready\n";
}

void Daemon::open_control(const ControlSettings& control, Handover& handover) {
  control_settings_ = control;
  if (!control.socket) return;
  ControlTarget& target = *this;
  control_ =
      std::make_unique<ControlServer>(target, control, handover.take_control(*control.socket));
  lag_probe_.emplace(loop_);
}

void Daemon::drain_service(Service& service) { services_.drain(service, drain_timeout_); }

void Daemon::reload_for_client(ReloadDone done) noexcept {
  try {
    if (reload_ != nullptr && !stopping_ && upgrade_ == nullptr) {
      return reload([done = std::move(done)](const Reload::Result& result) {
        done(result.ok, result.lines);
      });
    }
    done(false, {upgrade_ != nullptr ? "an upgrade is under way"
                 : stopping_         ? "the daemon stops"
                                     : "there is no configuration file"});
  } catch (const std::bad_alloc&) {
    log_.error("reload: out of memory; nothing has changed");
  }
}

void Daemon::open_console() {
  console_ = std::make_unique<DaemonConsole>(loop_, log_, services_.first_with(ConsoleUse::talks),
                                             services_.first_with(ConsoleUse::publishes));
}

void Daemon::enable_reload(const Options& command_line) {
  reload_ = std::make_unique<Reload>(
      loop_, services_, command_line,
      Reload::Steps{[this](const Options& next) {
                      check_root_endpoints(next);
                      next_log_ = next.log.to == log_.target() ? Fd() : log_.open(next.log.to);
                    },
                    [this](const Options& next) { return apply(next); },
                    [this] { return explain_denial(); },
                    [this](const std::string& line) { log_.error("reload: " + line); }});
}

std::string Daemon::explain_denial() const {
  const bool is_confined = std::any_of(
      sandbox_.begin(), sandbox_.end(),
      [](const SandboxLayer& layer) { return layer.in_force && layer.name == "landlock"; });
  if (!is_confined) return {};
  return "the sandbox allows only the folders that were in use at the start; a new start allows "
         "others";
}

std::vector<std::string> Daemon::apply(const Options& next) {
  drain_timeout_ = next.drain_timeout;
  log_.use(next.log, std::move(next_log_));
  connection_log_.set_on(next.log_connections);
  std::vector<std::string> stays;
  if (next.loop.backend != loop_.options().backend) stays.emplace_back("backend");
  const LoopOptions loop = loop_options(next.loop);
  if (loop.max_connections != loop_.options().max_connections) {
    stays.emplace_back("max-connections");
  }
  if (loop.max_memory != loop_.options().max_memory) {
    stays.emplace_back("max-memory");
  }
  if (next.control != control_settings_) stays.emplace_back("control");
  if (next.user != account_) stays.emplace_back("user");
  if (next.sandbox != sandbox_mode_) stays.emplace_back("sandbox");
  return stays;
}

void Daemon::hang_up() noexcept {
  if (reload_ == nullptr) return log_.info("SIGHUP: there is nothing to reload");
  if (stopping_) return log_.info("SIGHUP: not reloaded: the daemon stops");
  if (upgrade_ != nullptr) return log_.info("SIGHUP: not reloaded: an upgrade is under way");
  log_.info("SIGHUP: reloading the configuration");
  reload([](const Reload::Result&) {});
}

void Daemon::reload(Reload::Done done) noexcept {
  try {
    service_manager_.reloading();
    reload_->start([this, done = std::move(done)](const Reload::Result& result) {
      log_reload(result);
      report_ready();
      done(result);
    });
  } catch (const std::bad_alloc&) {
    log_.error("reload: out of memory; nothing has changed");
  }
}

void Daemon::log_reload(const Reload::Result& result) noexcept {
  try {
    for (const std::string& line : result.lines) {
      if (result.ok) {
        log_.info("reload: " + line);
      } else {
        log_.error("reload: " + line);
      }
    }
  } catch (const std::bad_alloc&) {
    log_.error("reload: out of memory");
  }
  if (!result.ok) log_.error("reload: nothing has changed");
}

// Without memory for it a service manager may think that the daemon is not ready. It serves anyway.
void Daemon::report_ready() noexcept {
  try {
    if (const std::error_code& error = service_manager_.error()) {
      log_.warning("NOTIFY_SOCKET: the service manager cannot be reached: " + error.message());
    }
    if (!service_manager_.present()) return;
    service_manager_.ready("serving " + plural(services(), "service"));
  } catch (const std::bad_alloc&) {
    log_.error("NOTIFY_SOCKET: out of memory");
  }
}

void Daemon::run() {
  report_ready();
  loop_.run();
  const Counters& counters = loop_.counters();
  const std::uint64_t cut = cut_ ? counters.connections_open
                                 : counters.closed_by(CloseReason::drain_deadline) - cut_before_;
  if (cut == 0) return log_.info("stopped: every connection finished");
  std::string what = "stopped: aborted " + plural(cut, "connection");
  // After a second signal they are not closed yet, and have lost nothing that is counted.
  if (!cut_) what += ", which lost " + plural(counters.cut_bytes - cut_bytes_before_, "byte");
  log_.warning(what);
}

bool Daemon::begin_drain(std::chrono::milliseconds deadline) noexcept {
  try {
    services_.drain_all(deadline, [this] { services_drained(); });
    return true;
  } catch (const std::bad_alloc&) {
    log_.error("drain: out of memory");
    return false;
  }
}

// The control socket last, so that a client learns that its command was accepted.
void Daemon::services_drained() noexcept {
  constexpr std::chrono::seconds kGrace{1};
  try {
    if (control_ != nullptr) return control_->drain(kGrace, [this] { loop_.stop(); });
  } catch (const std::bad_alloc&) {
    log_.error("drain: out of memory");
  }
  loop_.stop();
}

// Whatever else fails, a signal that is to stop the daemon does.
void Daemon::stop(std::string_view signal) noexcept {
  log_stop(signal);
  if (!stopping_) {
    stopping_ = true;
    cut_before_ = loop_.counters().closed_by(CloseReason::drain_deadline);
    cut_bytes_before_ = loop_.counters().cut_bytes;
    if (reload_ != nullptr) reload_->stop();
    if (console_ != nullptr) console_->stop();
    if (begin_drain(drain_timeout_)) return;
  }
  cut_ = true;
  loop_.stop();
}

void Daemon::log_stop(std::string_view signal) noexcept {
  try {
    std::string what(signal);
    if (stopping_) return log_.warning(what + " again: stopping at once");
    const std::string draining = "draining " +
                                 plural(loop_.counters().connections_open, "connection") +
                                 " for at most " + std::to_string(drain_timeout_.count()) + " ms";
    log_.info(what + ": " + draining);
    service_manager_.stopping(draining);
  } catch (const std::bad_alloc&) {
    log_.info(signal);
  }
}

void Daemon::reopen_log() noexcept {
  try {
    if (log_.target().kind == LogTarget::Kind::standard_error) {
      return log_.info("SIGUSR1: the log is the standard error, which cannot be opened again");
    }
    log_.reopen();
    log_.info("SIGUSR1: opened the log again");
  } catch (const std::exception& error) {
    log_.error(error.what());
    log_.error("SIGUSR1: the log could not be opened again, and goes on as it was");
  }
}

void Daemon::log_report(const Report& report) {
  if (report.kind == Report::Kind::refused) monitor_.refused(report);
  if (is_harmless(report)) {
    log_.info(text_of(report));
  } else {
    log_.warning(text_of(report));
  }
}

}  // namespace sluice::tools::daemon
