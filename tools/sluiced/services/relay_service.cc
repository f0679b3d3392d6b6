#include "relay_service.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "../../../protocols/bus/relay_bridge.h"
#include "../../../protocols/relay/relay.h"
#include "../endpoints/socket_keys.h"
#include "../settings/key_types.h"
#include "chat_keys.h"
#include "listening_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxRead = std::size_t{64} * 1024;  // a peer that waits is held this much
constexpr std::chrono::milliseconds kMinPatience{10};
constexpr std::chrono::hours kMaxPatience{1};

// Of which Redis keeps at most 128 MiB: an entry has less than 128 KiB.
constexpr std::size_t kMaxEntries = 1'000;

constexpr TextKey kHouse({.name = "house",
                          .form = "NAME",
                          .summary = "services of one house are one relay",
                          .applies = over_streams,
                          .without = "none"},
                         TextKey::kAny, {}, chat_keys::check_house);
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

// Without a default: that in a house is another one, and what is written again must not seem given.
constexpr NumberKey kMessageSize({.name = "max-message",
                                  .form = "BYTES",
                                  .summary = "longest message received",
                                  .applies = over_streams,
                                  .without = "16777216, 65536 in a house"},
                                 NumberKey::kCount);
constexpr const Key* kMessageKeys[] = {&kOriginKey, &kPingKey, &kDeflateKey, &kMessageSize};

constexpr const Key* kKeys[] = {&kHouse, &kPeers, &kPatience};
constexpr std::span<const Key* const> kHouseKeys = std::span(kKeys).subspan(1);

RelayOptions derive_relay(const Settings& settings) {
  return {.max_peers = static_cast<std::size_t>(settings.get(kPeers)),
          .patience = settings.get(kPatience)};
}

std::size_t max_message(const Settings& settings) {
  const std::size_t fallback =
      settings.has(kHouse) ? RelayBridge::kMaxMessage : kMaxWebSocketMessage;
  return settings.find(kMessageSize).value_or(fallback);
}

class RelayCore final : public ServiceCore {
 public:
  // `bus` may be null.
  RelayCore(Loop& loop, const RelayOptions& options, std::unique_ptr<Bus> bus)
      : relay_(loop, options), bus_(std::move(bus)) {
    if (bus_ != nullptr) bridge_.emplace(loop, relay_, *bus_);
  }
  [[nodiscard]] Relay& relay() noexcept { return relay_; }
  void apply(const Settings& settings) override { relay_.set_options(derive_relay(settings)); }

 private:
  Relay relay_;
  std::unique_ptr<Bus> bus_;
  std::optional<RelayBridge> bridge_;
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
      : WebSocketService(host, spec, derive_websocket(spec.settings, max_message(spec.settings))) {
    listener_options().connection.max_read = kMaxRead;
    serve(host, spec, relay.factory(server()));
  }
};

// Empty: it shares nothing with other services.
std::string house_name(const ListenSpec& spec) {
  const auto house = spec.settings.find(kHouse);
  return house ? "relay:" + chat_name_key(*house) : std::string();
}

void validate(const ListenSpec& spec, SettingErrors& errors) {
  if (!spec.settings.has(kHouse) || !spec.speaks_websocket()) return;
  const std::size_t most = max_message(spec.settings);
  if (most <= RelayBridge::kMaxMessage) return;
  const std::string name(kMessageSize.name());
  errors.push_back({name, name + ' ' + std::to_string(most) +
                              " is more than a relay with a house carries; allowed: 1-" +
                              std::to_string(RelayBridge::kMaxMessage)});
}

std::unique_ptr<ServiceCore> make_core(const CoreHost& host, const ListenSpec& spec) {
  const std::string name = house_name(spec);
  std::unique_ptr<Bus> bus;
  if (!name.empty() && host.make_bus) {
    bus = host.make_bus(host.loop, {.name = name, .max_entries = kMaxEntries, .history = 1});
  }
  return std::make_unique<RelayCore>(host.loop, derive_relay(spec.settings), std::move(bus));
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
    .websocket_keys = kMessageKeys,
    .validate = validate,
    .make_core = make_core,
    .core_name = house_name,
    .core_keys = kHouseKeys,
    .start = start,
};

}  // namespace sluice::tools::daemon
