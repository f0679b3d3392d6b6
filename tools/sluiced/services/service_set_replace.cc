// ServiceSet::replace(): other services in place of those that run, all or none.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../endpoints/opener.h"
#include "../endpoints/socket_keys.h"
#include "service_kinds.h"
#include "service_set.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxText = 1024;  // bytes of an endpoint in a line

std::string line_of(std::string_view what, const ListenSpec& spec, const Endpoint& endpoint) {
  std::string line(what);
  line.append(" ").append(spec.kind).append(" ").append(escape(spec.written(endpoint), kMaxText));
  const std::string name = service_name(spec);
  return name == spec.kind ? line : line + " (" + name + ')';
}

bool is_same_service(const ListenSpec& one, const ListenSpec& other) {
  return one.kind == other.kind && service_name(one) == service_name(other);
}

}  // namespace

struct ServiceSet::Step {
  const ListenSpec* spec;
  std::size_t before = kNone;  // the member that serves the endpoint now
  ServiceCore* core = nullptr;
  bool kept = false;
  Task renewal;  // of one that is kept; may be empty
  Member fresh;  // unless it is kept, or restarted later
};

// By the endpoint that was asked for: with port 0 the kernel's choice stays, for the same service.
ServiceSet::Steps ServiceSet::match(std::span<const ListenSpec> specs) const {
  Steps steps;
  std::vector<bool> taken(members_.size());
  for (const ListenSpec& spec : specs) {
    Step& step = steps.emplace_back();
    step.spec = &spec;
    const bool any_port = spec.scheme() != Scheme::unix_stream && spec.target.port() == 0;
    for (const bool same : {true, false}) {
      if (any_port && !same) break;  // another service has a port of its own
      for (std::size_t i = 0; i < members_.size() && step.before == kNone; ++i) {
        const ListenSpec& old = members_[i].wanted();
        if (taken[i] || !members_[i].holds_endpoint() || old.endpoint() != spec.endpoint())
          continue;
        if (same == is_same_service(old, spec)) step.before = i;
      }
    }
    if (step.before != kNone) taken[step.before] = true;
  }
  return steps;
}

// The endpoints of a service have the core that one of them had before, or a new one, which is
// added to `cores`.
void ServiceSet::find_cores(Steps& steps, std::vector<Core>& cores) {
  std::vector<std::pair<std::size_t, ServiceCore*>> known;
  const auto is_claimed = [&known](const ServiceCore* core) {
    return std::any_of(known.begin(), known.end(),
                       [core](const auto& each) { return each.second == core; });
  };
  for (const Step& step : steps) {
    if (step.before == kNone) continue;
    const Member& old = members_[step.before];
    const std::size_t number = step.spec->service;
    const bool has_one = std::any_of(known.begin(), known.end(),
                                     [number](const auto& each) { return each.first == number; });
    if (old.core == nullptr || has_one || is_claimed(old.core)) continue;
    if (!core_name_of(*step.spec).empty() || !core_name_of(old.spec).empty()) continue;
    if (is_same_service(old.spec, *step.spec)) known.emplace_back(number, old.core);
  }
  for (Step& step : steps) {
    const ServiceKind& kind = kind_of(*step.spec);
    if (kind.make_core == nullptr) continue;
    if (!core_name_of(*step.spec).empty()) {
      step.core = named_core(kind, *step.spec, cores);
      continue;
    }
    const auto found = std::find_if(known.begin(), known.end(), [&step](const auto& each) {
      return each.first == step.spec->service;
    });
    if (found != known.end()) {
      step.core = found->second;
      continue;
    }
    cores.push_back(
        {{}, step.spec->service, kind.make_core({loop_, make_bus_, warn_}, *step.spec)});
    step.core = cores.back().core.get();
    known.emplace_back(step.spec->service, step.core);
  }
}

// The core with the name that the spec's kind gives it: of this set, or a new one.
ServiceCore* ServiceSet::named_core(const ServiceKind& kind, const ListenSpec& spec,
                                    std::vector<Core>& cores) {
  const std::string name = core_name_of(spec);
  for (const std::vector<Core>* const all : {static_cast<const std::vector<Core>*>(&cores_),
                                             static_cast<const std::vector<Core>*>(&cores)}) {
    const auto found = std::find_if(all->begin(), all->end(),
                                    [&name](const Core& core) { return core.name == name; });
    if (found != all->end()) return found->core.get();
  }
  cores.push_back({name, spec.service, kind.make_core({loop_, make_bus_, warn_}, spec)});
  return cores.back().core.get();
}

// The rules of a core are those of the first service that uses it.
void ServiceSet::apply_settings(const Steps& steps) {
  std::vector<const Step*> first;
  for (const Step& step : steps) {
    const bool is_done = std::any_of(first.begin(), first.end(), [&step](const Step* other) {
      return other->core == step.core;
    });
    if (step.core != nullptr && !is_done) first.push_back(&step);
  }
  try {
    for (const Step* step : first) step->core->prepare(step->spec->settings);
    for (const Step* step : first) step->core->apply(step->spec->settings);
  } catch (...) {
    for (const Step* step : first) step->core->discard();
    throw;
  }
}

// Binds and starts, without a turn of the loop: nobody is served until the change is complete.
void ServiceSet::prepare(Step& step, std::span<const ListenSpec> all) {
  const ListenSpec& spec = *step.spec;
  Member* const before = step.before == kNone ? nullptr : &members_[step.before];
  if (before != nullptr && is_same_service(before->wanted(), spec) && before->core == step.core &&
      before->wanted().settings == spec.settings && before->wanted().layer == spec.layer) {
    step.kept = true;
    step.renewal = before->service->renew();
    return;
  }
  if (before != nullptr &&
      before->wanted().settings.get(kReusePortKey) != spec.settings.get(kReusePortKey)) {
    throw std::runtime_error("reuse-port of " + spec.target.text +
                             " cannot change while it is served");
  }
  if (spec.scheme() == Scheme::udp && before != nullptr) return;  // restart_later()
  Member& fresh = step.fresh;
  fresh.spec = spec;
  fresh.kind = &kind_of(spec);
  fresh.core = step.core;
  ServiceHost host{loop_, guard_, bans_, *this, all, step.core, -1, pool_};
  if (before == nullptr) fresh.socket = std::make_unique<EndpointSocket>(spec);
  host.socket = (before == nullptr ? fresh.socket : before->socket)->fd();
  fresh.service = start_service(host, spec);
}

// Its connections go on.
void ServiceSet::retire(Member& member) {
  if (on_drain_) on_drain_(*member.service);
  member.service->retire();
  member.retired = true;
}

void ServiceSet::release_retired() noexcept {
  std::erase_if(members_, [](const Member& member) {
    return member.retired && !member.draining && member.service->counters().open == 0;
  });
  release_unused_cores();
}

// One after the other, because both would have the same groups and control socket. Datagrams wait
// in the socket meanwhile.
void ServiceSet::restart_later(Step& step, std::chrono::milliseconds deadline) {
  Member& before = members_[step.before];
  before.next = *step.spec;
  if (before.draining) return;  // an earlier change is on its way
  before.service->retire();
  begin_drain(before, deadline);
}

void ServiceSet::restart(std::unique_ptr<EndpointSocket> socket, const ListenSpec& spec) {
  if (ending_) return;
  try {
    (void)start_on(std::move(socket), spec, specs_);
  } catch (const std::exception& error) {
    if (failed_) failed_(error.what());
  }
}

void ServiceSet::commit(Step& step, std::chrono::milliseconds deadline, Replaced& replaced) {
  const ListenSpec& spec = *step.spec;
  if (step.kept) {
    ++replaced.kept;
    if (step.renewal) {
      step.renewal();
      const Service& service = *members_[step.before].service;
      replaced.lines.push_back(line_of("renewed", spec, service.endpoint()) + ": " +
                               service.certificate());
    }
    members_[step.before].wanted() = spec;  // its number may be another
    return;
  }
  if (step.before == kNone) {
    ++replaced.added;
    replaced.lines.push_back(line_of("added", spec, step.fresh.service->endpoint()));
    members_.push_back(std::move(step.fresh));
    return;
  }
  ++replaced.changed;
  Member& before = members_[step.before];
  replaced.lines.push_back(line_of("changed", spec, before.service->endpoint()));
  if (spec.scheme() == Scheme::udp) return restart_later(step, deadline);
  const auto mode = spec.settings.find(kModeKey);
  Opener* const opener = Opener::of_process();
  if (opener != nullptr && spec.descriptor < 0 && spec.scheme() == Scheme::unix_stream) {
    opener->own_file(spec.endpoint());
  } else if (mode && spec.descriptor < 0 && mode != before.spec.settings.find(kModeKey) &&
             ::chmod(spec.endpoint().address().path().c_str(), static_cast<mode_t>(*mode)) != 0) {
    replaced.lines.push_back("mode of " + spec.target.text +
                             " could not be changed: " + std::generic_category().message(errno));
  }
  step.fresh.socket = std::move(before.socket);
  members_.push_back(std::move(step.fresh));  // within its capacity: `before` stays valid
  if (is_same_service(before.spec, spec)) retire(before);
}

// What serves on, although no step has kept it: the service is gone, or another has its socket.
void ServiceSet::drain_the_rest(const Steps& steps, std::size_t count,
                                std::chrono::milliseconds deadline, Replaced& replaced) {
  for (std::size_t i = 0; i < count; ++i) {
    Member& member = members_[i];
    const auto step = std::find_if(steps.begin(), steps.end(),
                                   [i](const Step& each) { return each.before == i; });
    if (!member.holds_endpoint() || (step != steps.end() && step->kept)) continue;
    if (step == steps.end()) {
      ++replaced.removed;
      replaced.lines.push_back(line_of("removed", member.spec, member.service->endpoint()));
    }
    if (member.next && step != steps.end()) continue;
    member.next.reset();
    begin_drain(member, deadline);
  }
}

// The numbers of the services are those of the new configuration.
void ServiceSet::number_cores(const Steps& steps) noexcept {
  for (Core& core : cores_) {
    const auto user = std::find_if(steps.begin(), steps.end(), [&core](const Step& step) {
      return step.core == core.core.get();
    });
    core.service = user == steps.end() ? kNone : user->spec->service;
  }
}

ServiceSet::Replaced ServiceSet::replace(std::vector<ListenSpec> specs,
                                         std::chrono::milliseconds deadline,
                                         std::function<void(const std::string&)> failed) {
  release_retired();
  std::vector<Core> cores;  // before the steps, whose services use them
  Steps steps = match(specs);
  find_cores(steps, cores);
  for (Step& step : steps) prepare(step, specs);
  const std::size_t count = members_.size();
  members_.reserve(count + steps.size());
  cores_.reserve(cores_.size() + cores.size());
  apply_settings(steps);

  // From here on nothing is taken back.
  Replaced replaced;
  for (Step& step : steps) commit(step, deadline, replaced);
  drain_the_rest(steps, count, deadline, replaced);
  for (Core& core : cores) cores_.push_back(std::move(core));
  number_cores(steps);
  specs_ = std::move(specs);
  failed_ = std::move(failed);
  return replaced;
}

}  // namespace sluice::tools::daemon
