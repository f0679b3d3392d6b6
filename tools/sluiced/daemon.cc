#include "daemon.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/loop/watcher.h"
#include "bus_maker.h"
#include "configured.h"
#include "daemon_signals.h"
#include "log/report_text.h"
#include "root_account.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxEndpoint = 1024;  // bytes of an announced one; a path has at most 108

std::string plural(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

Daemon::Daemon(const Options& options, Log& log, Handover& handover, WorkerLink* link)
    : log_(log),
      link_(link),
      drain_timeout_(options.drain_timeout),
      workers_(options.workers),
      max_memory_(loop_options(options.loop, options.workers).max_memory),
      bus_(options.bus),
      account_(options.user),
      chroot_(options.chroot),
      sandbox_mode_(options.sandbox),
      pool_({.loops = options.workers, .loop = loop_options(options.loop, options.workers)}),
      loop_(pool_.first()),
      service_manager_(
          loop_, link == nullptr ? ServiceManager::Relay()
                                 : [link](const std::string& message) { link->notify(message); }),
      spare_memory_(loop_),
      guard_(loop_),
      connection_log_(loop_, log_),
      services_(loop_, guard_,
                [this](const Service& service) {
                  if (console_ != nullptr) console_->release(service);
                }),
      idle_check_(loop_, [this] { drain_when_idle(); }) {
  if (link_ == nullptr) {
    for (const int number : kDaemonSignals) {
      signals_.push_back(
          std::make_unique<Signal>(loop_, number, [this, number] { on_signal(number); }));
    }
  } else {
    watch_parent();
  }
  connection_log_.set_on(options.log_connections);
  if (pool_.size() > 1) services_.set_pool(&pool_);
  services_.set_closed(
      [this](const ListenSpec& spec, const Endpoint& at, const ConnectionEnd& end) {
        connection_log_.closed(spec, at, end);
        monitor_.closed(spec, at, end);
      },
      [this] { return connection_log_.is_on() || monitor_.is_watched(); });
  services_.set_opened([this](const ListenSpec& spec, const Endpoint& at, const Address& peer) {
    monitor_.opened(spec, at, peer);
  });
  pool_.set_reporter([this](const Report& report) { log_report(report); });
  services_.set_warn([this](const std::string& text) { log_.warning(text); });
  services_.set_bus_maker(make_bus_maker(options.bus, log_));
  services_.set_inherited(
      [&handover](const Endpoint& endpoint) { return handover.take_at(endpoint); });
  for (const ListenSpec& spec : options.listen) {
    Fd bound = handover.take(spec);
    auto socket = bound ? std::make_unique<EndpointSocket>(spec, std::move(bound))
                        : std::make_unique<EndpointSocket>(spec);
    services_.start_on(std::move(socket), spec, options.listen);
  }
  services_.set_inherited({});
  open_control(options.control, handover);
  // Last: ~Daemon(), which takes it back, does not run if the constructor throws.
  log_.set_observer(
      [this](LogLevel level, std::string_view text) { monitor_.logged(level, text); });
}

Daemon::~Daemon() {
  console_.reset();
  // A service must not go before its connections. After a second signal there may be some left.
  while (pool_.counters().connections_open > 0) {
    // Again when there is no memory for it: nothing else can be done without.
    (void)begin_drain(std::chrono::milliseconds(0));
    for (std::size_t i = 0; i < pool_.size(); ++i) pool_.loop(i).poll();
  }
  // The other loops have posted the ends of their connections.
  if (stopping_) loop_.poll();
  log_.set_observer({});
}

void Daemon::watch_parent() {
  parent_.emplace(loop_, link_->notices(), [this](int /*events*/) {
    const WorkerLink::Handlers handlers{
        [this](int number) { on_signal(number); },
        [this](bool ok, const std::string& text) { loaded(ok, text); }};
    if (link_->receive_notice(handlers)) return;
    parent_->stop();
    log_.error("the privileged parent has ended");
    if (!stopping_) stop("its end");
  });
  parent_->watch(kReadable);
}

void Daemon::on_signal(int number) noexcept {
  switch (number) {
    case SIGTERM:
      return stop("SIGTERM");
    case SIGINT:
      return stop("SIGINT");
    case SIGUSR1:
      return reopen_log();
    case SIGHUP:
      return hang_up();
    case SIGUSR2:
      return upgrade([](bool, const auto&) {});
    default:
      return;
  }
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

void Daemon::open_console() {
  console_ = std::make_unique<DaemonConsole>(loop_, log_, services_.first_with(ConsoleUse::talks),
                                             services_.first_with(ConsoleUse::publishes));
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

// The daemon has said that it is ready.
void Daemon::run_loops() {
  try {
    return pool_.run();
  } catch (const std::system_error& error) {
    log_.error("workers: no thread for each loop: " + error.code().message() + "; one loop serves");
  }
  services_.set_pool(nullptr);
  pool_.run_alone();
}

void Daemon::run() {
  report_ready();
  run_loops();
  const Counters counters = pool_.counters();
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
    cut_before_ = pool_.counters().closed_by(CloseReason::drain_deadline);
    cut_bytes_before_ = pool_.counters().cut_bytes;
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
                                 plural(pool_.counters().connections_open, "connection") +
                                 " for at most " + std::to_string(drain_timeout_.count()) + " ms";
    log_.info(what + ": " + draining);
    service_manager_.stopping(draining);
  } catch (const std::bad_alloc&) {
    log_.info(signal);
  }
}

void Daemon::reopen_log() noexcept {
  const std::size_t rooms = services_.reopen_logs();
  try {
    if (rooms > 0) log_.info("SIGUSR1: opened the logs of " + plural(rooms, "room") + " again");
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
