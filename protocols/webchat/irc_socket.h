// A WebSocket whose messages are lines of IRC. Only for irc_sockets.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_WEBCHAT_IRC_SOCKET_H
#define SLUICE_PROTOCOLS_WEBCHAT_IRC_SOCKET_H

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "../irc/irc_client.h"
#include "../websocket/websocket.h"
#include "irc_sockets.h"

namespace sluice {

class IrcSocket final : public WebSocketProtocol, public IrcClient {
 public:
  static constexpr std::string_view kBinary = "binary.ircv3.net";

  explicit IrcSocket(IrcSockets& door);

  void on_writable(Connection& /*connection*/) override { catch_up(); }

 private:
  void on_established(Connection& connection) override;
  void on_message(Connection& connection, WebSocketKind kind, Bytes message) override;
  void on_draining(Connection& /*connection*/) override { begin_drain(); }
  [[nodiscard]] bool may_deliver() const noexcept override { return may_deliver_; }
  void on_held(Connection& connection, Bytes start) override;
  void on_closed(Connection& connection, std::uint16_t code, std::error_code reason) override;

  [[nodiscard]] bool is_open() override { return is_established(); }
  [[nodiscard]] std::string encode(std::string lines) const override;
  [[nodiscard]] const ChatFormat& format_of(const IrcCapabilities& capabilities) const override;
  void hang_up() override { WebSocketProtocol::close(); }
  void deliver(const Payload& block) override;
  void on_dismissed() override;

  [[nodiscard]] WebSocketKind kind() const noexcept;

  bool may_deliver_ = false;  // the next message
};

}  // namespace sluice

#endif
