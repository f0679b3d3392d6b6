// A connection of a relay that carries WebSocket messages. Only for relay.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_SOCKET_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_SOCKET_H

#include <cstdint>
#include <optional>
#include <system_error>

#include "../websocket/websocket.h"
#include "relay_member.h"

namespace sluice {

class RelaySocket final : public WebSocketProtocol {
 public:
  RelaySocket(WebSocketServer& server, Relay& relay) noexcept
      : WebSocketProtocol(server), relay_(relay), member_(relay, this) {}

  void on_writable(Connection& /*connection*/) override { member_.caught_up(); }

 private:
  std::optional<HttpResponse> on_request(Connection& connection,
                                         const HttpRequest& request) override;
  void on_established(Connection& connection) override;
  void on_message(Connection& connection, WebSocketKind kind, Bytes message) override;
  void on_draining(Connection& /*connection*/) override { member_.begin_drain(); }
  [[nodiscard]] bool may_deliver() const noexcept override { return !member_.must_wait(); }
  void on_held(Connection& /*connection*/, Bytes /*start*/) override { member_.wait(); }
  void on_closed(Connection& /*connection*/, std::uint16_t /*code*/,
                 std::error_code /*reason*/) override {
    member_.leave();
  }

  Relay& relay_;  // only before it has joined
  RelayMember member_;
};

}  // namespace sluice

#endif
