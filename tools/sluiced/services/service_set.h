// The services of a daemon: each can be started, drained and replaced, while the others serve.
//
// What it is: a member for each endpoint, and the sockets that listen there. A socket stays when
// the service behind it is replaced, so no newcomer is refused.
// Lifetime: before its loop and guard, and after every connection of its services has closed.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_SET_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_SET_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../../reactor/loop/loop_pool.h"
#include "../endpoints/bans.h"
#include "../endpoints/connection_end.h"
#include "../endpoints/endpoint_socket.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

class ServiceSet {
 public:
  struct Core {
    std::string name;     // of ServiceKind::core_name, or empty:
    std::size_t service;  // ListenSpec::service
    std::unique_ptr<ServiceCore> core;
  };
  struct Member {
    ListenSpec spec;
    const ServiceKind* kind = nullptr;
    ServiceCore* core = nullptr;             // null: its kind has none
    std::unique_ptr<EndpointSocket> socket;  // null unless holds_endpoint()
    std::unique_ptr<Service> service;
    ServiceCounters before = {};  // what other processes have counted at the endpoint
    Task done = {};               // of its drain
    bool draining = false;
    bool retired = false;  // its connections go on; another member has its socket
    // Over UDP: what is started on the socket when the drain is over.
    std::optional<ListenSpec> next = {};

    [[nodiscard]] ServiceCounters counters() const noexcept {
      return service->counters().with(before);
    }
    [[nodiscard]] bool serves() const noexcept { return !draining && !retired; }
    // Whether the endpoint is served with its socket, now or when its drain is over.
    [[nodiscard]] bool holds_endpoint() const noexcept { return serves() || next; }
    [[nodiscard]] ListenSpec& wanted() noexcept { return next ? *next : spec; }
    [[nodiscard]] const ListenSpec& wanted() const noexcept { return next ? *next : spec; }
  };
  // What replace() has done, an endpoint each.
  struct Replaced {
    std::size_t kept = 0;
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t removed = 0;
    std::vector<std::string> lines;  // "added echo tcp://127.0.0.1:7007", none if kept as it is
  };

  // `on_drain` is called before a service drains or is retired: nobody must use it from then on.
  ServiceSet(Loop& loop, ReplyGuard& guard, std::function<void(Service&)> on_drain = {});
  ServiceSet(const ServiceSet&) = delete;
  ServiceSet& operator=(const ServiceSet&) = delete;

  // Services that keep nothing between connections serve on all its loops from now on; null: there
  // is one loop. REQUIRES: the set's loop is its first one.
  void set_pool(LoopPool* pool) noexcept { pool_ = pool; }
  [[nodiscard]] LoopPool* pool() const noexcept { return pool_; }
  // Of all loops.
  [[nodiscard]] Counters counters() const noexcept {
    return pool_ == nullptr ? loop_.counters() : pool_->counters();
  }

  // For the cores that are made from now on.
  void set_bus_maker(BusMaker make_bus) { make_bus_ = std::move(make_bus); }

  // The same: gets what they have to say to the operator.
  void set_warn(std::function<void(const std::string&)> warn) { warn_ = std::move(warn); }
  // Of all cores. Returns how many there are.
  std::size_t reopen_logs() noexcept;

  // Binds and serves. Endpoints with the same ListenSpec::service share a core. `all` is every
  // service of the daemon, this one included. Throws std::system_error that names the endpoint.
  Service& start(const ListenSpec& spec, std::span<const ListenSpec> all);
  // The same on a socket of the endpoint.
  Service& start_on(std::unique_ptr<EndpointSocket> socket, const ListenSpec& spec,
                    std::span<const ListenSpec> all);

  // Serves `specs` from now on, and nothing else. What was served before at an endpoint
  //   - with the same kind and settings, goes on; certificates that it has in files are read again;
  //   - with the same kind and name, is changed: newcomers get the new settings, open connections
  //     go on as they are; over UDP the next service begins when the last answers are sent, and
  //     datagrams wait for it meanwhile;
  //   - else drains, for at most `deadline`.
  // Everything new is bound first. Throws std::system_error that names the endpoint, or another
  // std::exception; then nothing has changed. `failed` gets a line if the next service over UDP
  // cannot begin: there are no descriptors, or the path of its control socket is not usable.
  Replaced replace(std::vector<ListenSpec> specs, std::chrono::milliseconds deadline,
                   std::function<void(const std::string&)> failed);

  // Runs for each connection of a service that has closed, if that is `wanted`, which any thread
  // may ask.
  using Closed = std::function<void(const ListenSpec&, const Endpoint&, const ConnectionEnd&)>;
  void set_closed(Closed closed, std::function<bool()> wanted) {
    closed_ = std::move(closed);
    closed_wanted_ = std::move(wanted);
  }
  [[nodiscard]] bool wants_closed() const { return closed_wanted_ && closed_wanted_(); }
  void closed(const ListenSpec& spec, const Endpoint& at, const ConnectionEnd& end) const {
    if (closed_) closed_(spec, at, end);
  }

  // Runs for each newcomer of a service over streams that is admitted.
  using Opened = std::function<void(const ListenSpec&, const Endpoint&, const Address&)>;
  void set_opened(Opened opened) { opened_ = std::move(opened); }
  void opened(const ListenSpec& spec, const Endpoint& at, const Address& peer) const {
    if (opened_) opened_(spec, at, peer);
  }

  // Sockets of a process whose place this one takes, which a service asks for beside its endpoint.
  using Inherited = std::function<Fd(const Endpoint&)>;
  void set_inherited(Inherited take) { inherited_ = std::move(take); }
  // Empty if there is none at that endpoint.
  [[nodiscard]] Fd take_inherited(const Endpoint& endpoint) const {
    return inherited_ ? inherited_(endpoint) : Fd();
  }

  // In the order in which they were started; also those that drain or are retired.
  [[nodiscard]] std::span<const Member> members() const noexcept { return members_; }
  [[nodiscard]] Bans& bans() noexcept { return bans_; }
  // How many of them neither drain nor are retired.
  [[nodiscard]] std::size_t serving() const noexcept;
  // The first one with that use for a terminal that serves; null if there is none.
  [[nodiscard]] Service* first_with(ConsoleUse use) const noexcept;

  // Drains one service and destroys it; then runs `done`. A second call only shortens the
  // deadline, and its `done` is dropped. REQUIRES: a member.
  void drain(Service& service, std::chrono::milliseconds deadline, Task done = {});
  // Drains all, and runs `done` when the last one has been destroyed: at once if there is none.
  // A second call only shortens the deadline, and replaces `done`.
  void drain_all(std::chrono::milliseconds deadline, Task done);

  // Another process has the sockets from now on, and serves newcomers. What is over UDP drains, and
  // connections go on. `ended` runs for each member before it is destroyed.
  void retire_all(std::chrono::milliseconds deadline, std::function<void(const Member&)> ended);
  // The other way round: this process has the sockets, and their files.
  void own_files();
  void add_counters(const Service& service, const ServiceCounters& counters) noexcept;
  // Connections that are open now, of all members.
  [[nodiscard]] std::size_t open() const noexcept;

 private:
  struct Step;  // of replace(): what is done for one of the specs
  using Steps = std::vector<Step>;

  ServiceCore* core_for(const ServiceKind& kind, const ListenSpec& spec);
  void release_unused_cores() noexcept;
  void begin_drain(Member& member, std::chrono::milliseconds deadline);
  void drained(const Service* service);
  // service_set_replace.cc
  [[nodiscard]] Steps match(std::span<const ListenSpec> specs) const;
  void find_cores(Steps& steps, std::vector<Core>& cores);
  ServiceCore* named_core(const ServiceKind& kind, const ListenSpec& spec,
                          std::vector<Core>& cores);
  void apply_settings(const Steps& steps);
  void prepare(Step& step, std::span<const ListenSpec> all);
  void commit(Step& step, std::chrono::milliseconds deadline, Replaced& replaced);
  void restart_later(Step& step, std::chrono::milliseconds deadline);
  void restart(std::unique_ptr<EndpointSocket> socket, const ListenSpec& spec);
  void retire(Member& member);
  void drain_the_rest(const Steps& steps, std::size_t count, std::chrono::milliseconds deadline,
                      Replaced& replaced);
  void number_cores(const Steps& steps) noexcept;
  void release_retired() noexcept;

  Loop& loop_;
  ReplyGuard& guard_;
  std::function<void(Service&)> on_drain_;
  LoopPool* pool_ = nullptr;
  Closed closed_;
  std::function<bool()> closed_wanted_;
  Opened opened_;
  Bans bans_;
  BusMaker make_bus_;
  std::function<void(const std::string&)> warn_;
  std::vector<Core> cores_;  // before the members, which use them
  std::vector<Member> members_;
  std::vector<ListenSpec> specs_;                   // of the last replace()
  std::function<void(const std::string&)> failed_;  // the same
  bool ending_ = false;                             // drain_all() was called
  Task all_done_;
  std::function<void(const Member&)> ended_;  // of retire_all()
  Inherited inherited_;
};

}  // namespace sluice::tools::daemon

#endif
