// The daemon's part in a reload: what it does beside the services, and how a worker gets the
// configuration from its parent.
#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "../common/names.h"
#include "config/config_faults.h"
#include "configured.h"
#include "daemon.h"
#include "root_account.h"

namespace sluice::tools::daemon {

void Daemon::enable_reload(const Options& command_line) {
  command_line_ = command_line;
  std::function<void(Reload::Loaded)> load_from_parent;
  if (link_ != nullptr) load_from_parent = [this](Reload::Loaded next) { load(std::move(next)); };
  reload_ = std::make_unique<Reload>(
      loop_, services_, command_line,
      Reload::Steps{std::move(load_from_parent),
                    [this](const Options& next) {
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
  if (!is_confined || link_ != nullptr) return {};
  return "the sandbox allows only the folders that were in use at the start; a new start allows "
         "others";
}

std::vector<std::string> Daemon::apply(const Options& next) {
  drain_timeout_ = next.drain_timeout;
  log_.use(next.log, std::move(next_log_));
  connection_log_.set_on(next.log_connections);
  std::vector<std::string> stays;
  if (next.loop.backend != loop_.options().backend) stays.emplace_back("backend");
  if (next.workers != workers_) stays.emplace_back("workers");
  const LoopOptions loop = loop_options(next.loop, next.workers);
  if (loop.max_connections != loop_.options().max_connections) {
    stays.emplace_back("max-connections");
  }
  if (loop.max_memory != max_memory_) {
    stays.emplace_back("max-memory");
  }
  if (next.control != control_settings_) stays.emplace_back("control");
  if (next.bus != bus_) stays.emplace_back("bus");
  if (next.user != account_) stays.emplace_back("user");
  if (next.chroot != chroot_) stays.emplace_back("chroot");
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

void Daemon::reload(const Reload::Done& done) noexcept {
  Reload::Done ended;
  try {
    service_manager_.reloading();
    ended = [this, done](const Reload::Result& result) {
      if (link_ != nullptr) link_->configured(result.ok);
      log_reload(result);
      report_ready();
      done(result);
    };
  } catch (const std::bad_alloc&) {
    log_.error("reload: out of memory; nothing has changed");
    report_ready();
    return done({});
  }
  reload_->start(std::move(ended));
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

void Daemon::reload_for_client(ReloadDone done) noexcept {
  Reload::Done ended;
  std::vector<std::string> why;
  try {
    if (reload_ != nullptr && !stopping_ && upgrade_ == nullptr) {
      ended = [done](const Reload::Result& result) { done(result.ok, result.lines); };
    } else {
      why.emplace_back(upgrade_ != nullptr ? "an upgrade is under way"
                       : stopping_         ? "the daemon stops"
                                           : "there is no configuration file");
    }
  } catch (const std::bad_alloc&) {
    log_.error("reload: out of memory; nothing has changed");
  }
  if (ended) return reload(ended);
  done(false, why);
}

void Daemon::load(Reload::Loaded loaded) {
  link_->reload();
  loaded_ = std::move(loaded);
}

void Daemon::loaded(bool ok, const std::string& text) {
  const Reload::Loaded loaded = std::exchange(loaded_, {});
  if (!loaded) return;
  Options next;
  std::exception_ptr error;
  try {
    if (!ok) throw ConfigError(split_names(text, '\n'));
    next = read_by_worker(text, command_line_);
  } catch (...) {  // whatever it is, the reload has to end
    error = std::current_exception();
  }
  loaded(std::move(next), error);
}

}  // namespace sluice::tools::daemon
