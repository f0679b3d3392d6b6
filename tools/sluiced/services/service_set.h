// The services of a daemon: each can be started, and drained, while the others serve.
//
// Lifetime: before its loop and guard, and after every connection of its services has closed.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_SET_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_SET_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "service_kind.h"

namespace sluice::tools::daemon {

class ServiceSet {
 public:
  struct Core {
    std::size_t service;  // ListenSpec::service
    std::unique_ptr<ServiceCore> core;
  };
  struct Member {
    const ServiceKind* kind;
    ServiceCore* core;  // null: its kind has none
    std::unique_ptr<Service> service;
    Task done = {};  // of its drain
    bool draining = false;
  };

  // `on_drain` is called before a service drains: nobody must use it from then on.
  ServiceSet(Loop& loop, ReplyGuard& guard, std::function<void(Service&)> on_drain = {});
  ServiceSet(const ServiceSet&) = delete;
  ServiceSet& operator=(const ServiceSet&) = delete;

  // Binds and serves. Endpoints with the same ListenSpec::service share a core. `all` is every
  // service of the daemon, this one included. Throws std::system_error that names the endpoint.
  Service& start(const ListenSpec& spec, std::span<const ListenSpec> all);

  // In the order in which they were started.
  [[nodiscard]] std::span<const Member> members() const noexcept { return members_; }
  // The first one with that use for a terminal that does not drain; null if there is none.
  [[nodiscard]] Service* first_with(ConsoleUse use) const noexcept;

  // Drains one service and destroys it; then runs `done`. A second call only shortens the
  // deadline, and its `done` is dropped. REQUIRES: a member.
  void drain(Service& service, std::chrono::milliseconds deadline, Task done = {});
  // Drains all, and runs `done` when the last one has been destroyed: at once if there is none.
  // A second call only shortens the deadline, and replaces `done`.
  void drain_all(std::chrono::milliseconds deadline, Task done);

 private:
  ServiceCore* core_for(const ServiceKind& kind, const ListenSpec& spec);
  void release_unused_cores() noexcept;
  void begin_drain(Member& member, std::chrono::milliseconds deadline);
  void drained(const Service* service);

  Loop& loop_;
  ReplyGuard& guard_;
  std::function<void(Service&)> on_drain_;
  std::vector<Core> cores_;  // before the members, which use them
  std::vector<Member> members_;
  Task all_done_;
};

}  // namespace sluice::tools::daemon

#endif
