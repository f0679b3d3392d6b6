#include "irc_service.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "../../../protocols/irc/irc.h"
#include "../../../protocols/webchat/irc_sockets.h"
#include "chat_core.h"
#include "listening_service.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

using namespace chat_keys;

constexpr std::size_t kMaxNetwork = 32;

constexpr TextKey kNetwork({.name = "network",
                            .form = "NAME",
                            .summary = "name of the network, which clients show",
                            .applies = over_streams},
                           {1, kMaxNetwork}, "sluice", check_house);

constexpr NumberKey kSts({.name = "sts",
                          .form = "PORT",
                          .summary = "port with TLS, to which clients are to move",
                          .applies = over_streams,
                          .without = "none"},
                         {1, 65'535});
constexpr DurationKey kStsDuration({.name = "sts-duration",
                                    .form = "DURATION",
                                    .summary = "how long clients remember sts",
                                    .applies = over_streams},
                                   std::chrono::seconds(1), std::chrono::hours(30 * 24),
                                   std::chrono::hours(365 * 24));

constexpr const Key* kKeys[] = {&kHouse,
                                &kNetwork,
                                &kSts,
                                &kStsDuration,
                                &kGreeting,
                                &kMotd,
                                &kHistory,
                                &kMembers,
                                &kInRoom,
                                &kRooms,
                                &kReserved,
                                &kOperators,
                                &kOperatorCerts,
                                &kOperatorPasswords,
                                &kRate,
                                &kBurst,
                                &kRoomLog,
                                &kLoggedRooms,
                                &kSendQueue,
                                &kSlow,
                                &kMessageTimeout,
                                &kFirstMessageTimeout};

IrcOptions derive_irc(const Settings& settings) {
  return {
      .network = std::string(settings.get(kNetwork)),
      .sts_port = static_cast<std::uint16_t>(settings.find(kSts).value_or(0)),
      .sts_duration = std::chrono::duration_cast<std::chrono::seconds>(settings.get(kStsDuration))};
}

// A door to the house.
class IrcService final : public ListeningService {
 public:
  // REQUIRES: `chat` outlives it.
  IrcService(const ServiceHost& host, const ListenSpec& spec, Chat& chat)
      : irc_(chat, derive_irc(spec.settings)) {
    listen(host, spec, irc_.factory(), derive_door(spec.settings));
  }

 private:
  Irc irc_;
};

WebSocketOptions derive_sockets(const Settings& settings) {
  WebSocketOptions options = derive_websocket(settings, IrcSockets::kMaxMessage);
  options.subprotocols = IrcSockets::subprotocols();
  return options;
}

// The same for web clients.
class IrcOverWebSocket final : public WebSocketService {
 public:
  // REQUIRES: `chat` outlives it.
  IrcOverWebSocket(const ServiceHost& host, const ListenSpec& spec, Chat& chat)
      : WebSocketService(host, spec, derive_sockets(spec.settings), derive_door(spec.settings)),
        sockets_(chat, server(), derive_irc(spec.settings)) {
    serve(host, spec, sockets_.factory());
  }

 private:
  IrcSockets sockets_;
};

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  Chat& chat = chat_of(host);
  if (spec.speaks_websocket()) return std::make_unique<IrcOverWebSocket>(host, spec, chat);
  return std::make_unique<IrcService>(host, spec, chat);
}

}  // namespace

const ServiceKind kIrcKind = {
    .name = "irc",
    .summary = "lets clients of IRC talk in chat's rooms",
    .over_streams = true,
    .over_udp = false,
    .keys = kKeys,
    .websocket_keys = kWebSocketConnectionKeys,
    .validate = validate_house,
    .make_core = make_house,
    .core_name = house_of,
    .core_keys = kHouseKeys,
    .start = start,
};

}  // namespace sluice::tools::daemon
