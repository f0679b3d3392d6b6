// A kind of service: its name, what it runs over, its keys, and how it is started.
//
// The seam between sluiced and what it serves. A new kind is one source with its ServiceKind, and
// one line in service_kinds.cc. Its settings pass through three steps, and none of them changes
// what the one before has made:
//   read      each value by its key's type and range (settings/key.h)
//   validate  what has to hold between values, and with the endpoint
//   derive    the options of the library's objects, from the settings
// start() derives, and serves on a socket that is bound.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KIND_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KIND_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "../../../protocols/bus/bus.h"
#include "../../../protocols/udp/reply_guard.h"
#include "../../../reactor/loop/loop.h"
#include "../settings/listen_spec.h"
#include "../settings/setting_error.h"
#include "service.h"

namespace sluice {
class LoopPool;
}

namespace sluice::tools::daemon {

class Bans;
class ServiceSet;

// What a service does with a line that is typed at the daemon's terminal.
enum class ConsoleUse : std::uint8_t { none, talks, publishes };

// A bus that services of one kind share with those of the same house on other machines.
struct BusPlan {
  std::string name;  // of the house, after the kind and a colon if other kinds do not share it
  std::size_t max_entries = 10'000;  // that the server keeps, about
  std::size_t history = 100;         // old entries that a new house reads
};
// Empty: there are no other machines.
using BusMaker = std::function<std::unique_ptr<Bus>(Loop& loop, const BusPlan& plan)>;

// What a core is made with.
struct CoreHost {
  Loop& loop;
  const BusMaker& make_bus;
  // Gets a line for the log of the daemon. May be empty.
  const std::function<void(const std::string&)>& warn;
};

// What a service is started with.
struct ServiceHost {
  Loop& loop;
  ReplyGuard& guard;
  const Bans& bans;
  const ServiceSet& set;            // this service joins it
  std::span<const ListenSpec> all;  // every service of the daemon, this one included
  ServiceCore* core = nullptr;      // of its kind's make_core(), which outlives the service
  // Bound at the spec's endpoint, and listening unless over UDP. The service uses a duplicate.
  int socket = -1;
  LoopPool* pool = nullptr;  // of which `loop` is the first; null: there is one loop
};

struct ServiceKind {
  std::string_view name;
  std::string_view summary;  // for --help
  bool over_streams = true;
  bool over_udp = true;
  bool speaks_http = false;  // its TCP endpoints are written http://
  // Its connections share nothing that changes but with those of their loop. Over WebSocket, behind
  // proxies and over UDP it is on the first one.
  bool on_all_loops = false;
  ConsoleUse console = ConsoleUse::none;
  std::span<const Key* const> keys = {};  // its own, beside socket_keys()
  // Those that its WebSocket endpoints have besides. Empty: it has no such endpoints.
  std::span<const Key* const> websocket_keys = {};
  // Reports each thing that is wrong although every value is allowed by itself. May be null. The
  // endpoint may not be known yet.
  void (*validate)(const ListenSpec& spec, SettingErrors& errors) = nullptr;
  // Makes what all endpoints of a service share; null if they share nothing. REQUIRES: a valid spec
  // of one of them.
  std::unique_ptr<ServiceCore> (*make_core)(const CoreHost& host, const ListenSpec& spec) = nullptr;
  // Services of any kind for which this returns the same name share one core. Null or an empty
  // name: only the endpoints of one service do.
  std::string (*core_name)(const ListenSpec& spec) = nullptr;
  // Those of `keys` that are rules of a core with a name: one of its services gives a rule, and no
  // other one may contradict it (shared_rules.h).
  std::span<const Key* const> core_keys = {};
  // REQUIRES: a valid spec. Throws std::system_error that names the endpoint.
  std::unique_ptr<Service> (*start)(const ServiceHost& host, const ListenSpec& spec) = nullptr;

  [[nodiscard]] bool runs_over(Scheme scheme) const noexcept {
    return scheme == Scheme::udp ? over_udp : over_streams;
  }
};

}  // namespace sluice::tools::daemon

#endif
