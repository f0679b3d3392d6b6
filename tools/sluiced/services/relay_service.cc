#include "relay_service.h"

#include <chrono>
#include <cstddef>
#include <memory>

#include "../../../protocols/relay/relay.h"
#include "../endpoints/socket_keys.h"
#include "../settings/key_types.h"
#include "listening_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxRead = std::size_t{64} * 1024;  // a peer that waits is held this much
constexpr std::chrono::milliseconds kMinPatience{10};
constexpr std::chrono::hours kMaxPatience{1};

constexpr NumberKey kPeers({.name = "max-peers",
                            .form = "COUNT",
                            .summary = "limit on peers at all its endpoints",
                            .applies = over_streams},
                           NumberKey::kCount, RelayOptions{}.max_peers);
constexpr DurationKey kPatience({.name = "patience",
                                 .form = "DURATION",
                                 .summary = "how long the others wait for a slow peer",
                                 .applies = over_streams},
                                kMinPatience, RelayOptions{}.patience, kMaxPatience);

constexpr const Key* kKeys[] = {&kPeers, &kPatience};

RelayOptions derive_relay(const Settings& settings) {
  return {.max_peers = static_cast<std::size_t>(settings.get(kPeers)),
          .patience = settings.get(kPatience)};
}

class RelayCore final : public ServiceCore {
 public:
  RelayCore(Loop& loop, const RelayOptions& options) : relay_(loop, options) {}
  [[nodiscard]] Relay& relay() noexcept { return relay_; }
  void apply(const Settings& settings) override { relay_.set_options(derive_relay(settings)); }

 private:
  Relay relay_;
};

class RelayService final : public ListeningService {
 public:
  // REQUIRES: `relay` outlives it.
  RelayService(const ServiceHost& host, const ListenSpec& spec, Relay& relay) {
    ListenerOptions options = derive_listener(spec.settings);
    options.connection.max_read = kMaxRead;
    listen(host, spec, relay.factory(), options);
  }
};

class RelayOverWebSocket final : public WebSocketService {
 public:
  // REQUIRES: `relay` outlives it.
  RelayOverWebSocket(const ServiceHost& host, const ListenSpec& spec, Relay& relay)
      : WebSocketService(host, spec, derive_websocket(spec.settings)) {
    listener_options().connection.max_read = kMaxRead;
    serve(host, spec, relay.factory(server()));
  }
};

std::unique_ptr<ServiceCore> make_core(const CoreHost& host, const ListenSpec& spec) {
  return std::make_unique<RelayCore>(host.loop, derive_relay(spec.settings));
}

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  Relay& relay = static_cast<RelayCore&>(*host.core).relay();
  if (spec.speaks_websocket()) return std::make_unique<RelayOverWebSocket>(host, spec, relay);
  return std::make_unique<RelayService>(host, spec, relay);
}

}  // namespace

const ServiceKind kRelayKind = {
    .name = "relay",
    .summary = "sends what a peer sends to all others",
    .over_streams = true,
    .over_udp = false,
    .keys = kKeys,
    .websocket_keys = kWebSocketKeys,
    .make_core = make_core,
    .start = start,
};

}  // namespace sluice::tools::daemon
