// The daemon's part in an upgrade: what it hands over, what it takes over, and how it ends then.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "../../reactor/loop/watcher.h"
#include "daemon.h"
#include "endpoints/unix_listener.h"
#include "settings/passed_sockets.h"

namespace sluice::tools::daemon {
namespace {

// How often the old daemon looks whether its last connection has ended.
constexpr std::chrono::milliseconds kIdleCheck{50};

ServiceCounters since(const ServiceCounters& now, const ServiceCounters& before) noexcept {
  return {0, now.accepted - before.accepted, now.refused - before.refused,
          now.bytes_in - before.bytes_in, now.bytes_out - before.bytes_out};
}

}  // namespace

void Daemon::take_over(Handover& handover) {
  handover.ready(services_);
  services_.own_files();
  if (control_ != nullptr) control_->own_file();
  handover.drop_rest();
  handover_watch_.emplace(loop_, handover.fd(), [this, &handover](int /*events*/) {
    if (!handover.receive_counters(services_)) handover_watch_->stop();
  });
  handover_watch_->watch(kReadable);
  log_.info("upgrade: process " + std::to_string(::getpid()) + " serves now");
}

std::string Daemon::why_not_upgrade() const {
  if (upgrade_ != nullptr) return "an upgrade is under way";
  if (stopping_) return "the daemon stops";
  if (console_ != nullptr) return "two processes cannot share the terminal of --console";
  if (reload_ != nullptr && reload_->is_running()) return "a reload is under way";
  if (program_.path.empty()) return "it is not known how this program was started";
  return {};
}

std::vector<Upgrade::Item> Daemon::upgrade_items() const {
  std::vector<Upgrade::Item> items;
  for (const PassedSockets::Socket& socket : PassedSockets::of_process().all()) {
    if (link_ != nullptr) break;  // the parent sends them
    items.push_back({{"passed", socket.name}, socket.fd.get()});
  }
  for (const ServiceSet::Member& member : services_.members()) {
    if (!member.holds_endpoint() || member.wanted().descriptor >= 0) continue;
    items.push_back({handover_name("socket", member.wanted()), member.socket->fd()});
    if (const UnixListener* const control = member.service->control()) {
      std::vector<std::string> name = handover_name("socket", member.spec);
      name.back() = control->endpoint().to_string();
      items.push_back({std::move(name), control->fd()});
    }
  }
  if (control_ != nullptr) {
    items.push_back({{"control", control_->endpoint().to_string()}, control_->fd()});
  }
  return items;
}

void Daemon::upgrade(const ReloadDone& done) noexcept {
  try {
    if (const std::string why = why_not_upgrade(); !why.empty()) return refuse_upgrade(why, done);
    log_.info("upgrade: starting " + program_.path);
    upgrade_ = std::make_unique<Upgrade>(
        loop_, program_, upgrade_items(),
        [this, done](const Upgrade::Result& result) { upgraded(result, done); }, Upgrade::kDeadline,
        link_ == nullptr ? Launcher::of_process() : link_->launcher());
  } catch (const std::exception& error) {
    try {
      refuse_upgrade(error.what(), done);
    } catch (const std::exception&) {
      log_.error("upgrade: out of memory; this process goes on");
      done(false, {});
    }
  }
}

void Daemon::refuse_upgrade(const std::string& why, const ReloadDone& done) {
  log_.error("upgrade: " + why + "; this process goes on");
  done(false, {why});
}

void Daemon::upgraded(const Upgrade::Result& result, const ReloadDone& done) {
  if (!result.ok || stopping_) {
    loop_.post([this] { upgrade_.reset(); });
    return refuse_upgrade(result.ok ? "the daemon stops" : result.why, done);
  }
  const std::string process = std::to_string(upgrade_->process());
  for (const ServiceSet::Member& member : services_.members()) {
    if (!member.holds_endpoint()) continue;
    handed_over_.emplace_back(member.service.get(), ServiceCounters());
    send_counters(member);
  }
  if (link_ != nullptr) {
    link_->main_process();
  } else {
    service_manager_.main_process(upgrade_->process());
  }
  upgrade_->go();
  log_.info("upgrade: process " + process + " takes over");
  done(true, {"process " + process + " has taken over"});
  hand_over();
}

// What has been counted since the last time.
void Daemon::send_counters(const ServiceSet::Member& member) {
  const auto sent =
      std::find_if(handed_over_.begin(), handed_over_.end(),
                   [&member](const auto& each) { return each.first == member.service.get(); });
  if (sent == handed_over_.end()) return;
  const ServiceCounters now = member.counters();
  const ServiceCounters more = since(now, sent->second);
  sent->second = now;
  std::vector<std::string> fields = handover_name("counters", member.wanted());
  for (const std::uint64_t number : {more.accepted, more.refused, more.bytes_in, more.bytes_out}) {
    fields.push_back(std::to_string(number));
  }
  upgrade_->send(fields);
}

// The connections have as long as in a drain to end by themselves, and then they are drained.
void Daemon::hand_over() {
  stopping_ = true;
  cut_before_ = pool_.counters().closed_by(CloseReason::drain_deadline);
  cut_bytes_before_ = pool_.counters().cut_bytes;
  if (reload_ != nullptr) reload_->stop();
  if (control_ != nullptr) control_->retire();
  services_.retire_all(drain_timeout_,
                       [this](const ServiceSet::Member& member) { send_counters(member); });
  drain_at_ = loop_.now() + drain_timeout_;
  idle_check_.start_repeating(kIdleCheck);
}

void Daemon::drain_when_idle() {
  if (services_.open() > 0 && loop_.now() < drain_at_) return;
  idle_check_.stop();
  if (!begin_drain(drain_timeout_)) loop_.stop();
}

}  // namespace sluice::tools::daemon
