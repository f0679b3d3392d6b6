#include "service_set.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "../endpoints/unix_listener.h"
#include "service_kinds.h"

namespace sluice::tools::daemon {

ServiceSet::ServiceSet(Loop& loop, ReplyGuard& guard, std::function<void(Service&)> on_drain)
    : loop_(loop), guard_(guard), on_drain_(std::move(on_drain)), bans_(loop) {}

Service& ServiceSet::start(const ListenSpec& spec, std::span<const ListenSpec> all) {
  return start_on(std::make_unique<EndpointSocket>(spec), spec, all);
}

Service& ServiceSet::start_on(std::unique_ptr<EndpointSocket> socket, const ListenSpec& spec,
                              std::span<const ListenSpec> all) {
  Member member;
  member.spec = spec;
  member.kind = &kind_of(spec);
  member.core = core_for(*member.kind, spec);
  member.socket = std::move(socket);
  member.service = start_service(
      {loop_, guard_, bans_, *this, all, member.core, member.socket->fd(), pool_}, spec);
  members_.push_back(std::move(member));
  return *members_.back().service;
}

// A core that no member uses, because its first endpoint could not be bound, is found again, or is
// released with the next one that drains.
ServiceCore* ServiceSet::core_for(const ServiceKind& kind, const ListenSpec& spec) {
  if (kind.make_core == nullptr) return nullptr;
  const std::string name = core_name_of(spec);
  const auto found = std::find_if(cores_.begin(), cores_.end(), [&](const Core& each) {
    return each.name == name && (!name.empty() || each.service == spec.service);
  });
  if (found != cores_.end()) return found->core.get();
  cores_.push_back({name, spec.service, kind.make_core({loop_, make_bus_, warn_}, spec)});
  return cores_.back().core.get();
}

std::size_t ServiceSet::reopen_logs() noexcept {
  std::size_t count = 0;
  for (const Core& core : cores_) count += core.core->reopen_logs();
  return count;
}

void ServiceSet::release_unused_cores() noexcept {
  std::erase_if(cores_, [this](const Core& core) {
    return std::none_of(members_.begin(), members_.end(),
                        [&core](const Member& member) { return member.core == core.core.get(); });
  });
}

std::size_t ServiceSet::serving() const noexcept {
  const auto count = std::count_if(members_.begin(), members_.end(),
                                   [](const Member& member) { return member.serves(); });
  return static_cast<std::size_t>(count);
}

Service* ServiceSet::first_with(ConsoleUse use) const noexcept {
  const auto found = std::find_if(members_.begin(), members_.end(), [use](const Member& member) {
    return member.kind->console == use && member.serves();
  });
  return found == members_.end() ? nullptr : found->service.get();
}

void ServiceSet::drain(Service& service, std::chrono::milliseconds deadline, Task done) {
  const auto member =
      std::find_if(members_.begin(), members_.end(),
                   [&service](const Member& each) { return each.service.get() == &service; });
  assert(member != members_.end());
  if (!member->draining) member->done = std::move(done);
  begin_drain(*member, deadline);
}

void ServiceSet::drain_all(std::chrono::milliseconds deadline, Task done) {
  ending_ = true;
  all_done_ = std::move(done);
  if (members_.empty()) return loop_.post(std::exchange(all_done_, {}));
  for (Member& member : members_) begin_drain(member, deadline);
}

void ServiceSet::retire_all(std::chrono::milliseconds deadline,
                            std::function<void(const Member&)> ended) {
  ended_ = std::move(ended);
  for (Member& member : members_) {
    if (member.socket) member.socket->leave_file();
    if (UnixListener* const control = member.service->control()) control->leave_file();
    if (!member.serves()) continue;
    if (member.spec.scheme() == Scheme::udp) {
      begin_drain(member, deadline);
    } else {
      retire(member);
    }
  }
}

void ServiceSet::own_files() {
  for (Member& member : members_) {
    member.socket->own_file(member.spec);
    if (UnixListener* const control = member.service->control()) control->own_file();
  }
}

void ServiceSet::add_counters(const Service& service, const ServiceCounters& counters) noexcept {
  for (Member& member : members_) {
    if (member.service.get() == &service) member.before = member.before.with(counters);
  }
}

std::size_t ServiceSet::open() const noexcept {
  std::size_t count = 0;
  for (const Member& member : members_) count += member.service->counters().open;
  return count;
}

void ServiceSet::begin_drain(Member& member, std::chrono::milliseconds deadline) {
  Service* const service = member.service.get();
  if (member.serves() && on_drain_) on_drain_(*service);
  service->drain(deadline, [this, service] { drained(service); });
  member.draining = true;
  if (!member.next) member.socket.reset();
}

// Called by the service, which goes here: its drain promises that this is allowed.
void ServiceSet::drained(const Service* service) {
  const auto member = std::find_if(members_.begin(), members_.end(), [service](const Member& each) {
    return each.service.get() == service;
  });
  if (ended_) ended_(*member);
  const Task done = std::move(member->done);
  const std::optional<ListenSpec> next = std::move(member->next);
  std::unique_ptr<EndpointSocket> socket = std::move(member->socket);
  members_.erase(member);
  if (next) restart(std::move(socket), *next);
  release_unused_cores();
  Task all_done = members_.empty() ? std::exchange(all_done_, {}) : Task();
  if (done) done();
  if (all_done) all_done();
}

}  // namespace sluice::tools::daemon
