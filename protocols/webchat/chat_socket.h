// A WebSocket as a member of a chat. Only for chat_sockets.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_WEBCHAT_CHAT_SOCKET_H
#define SLUICE_PROTOCOLS_WEBCHAT_CHAT_SOCKET_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "../chat/chat_seat.h"
#include "../websocket/websocket.h"
#include "chat_sockets.h"

namespace sluice {

class ChatSocket final : public WebSocketProtocol, public ChatSeat {
 public:
  explicit ChatSocket(ChatSockets& door);

  void on_writable(Connection& /*connection*/) override { catch_up(); }

 private:
  // The query of the handshake's request.
  struct Wanted {
    std::string nick;
    std::string room;
    std::string after;
  };

  std::optional<HttpResponse> on_request(Connection& connection,
                                         const HttpRequest& request) override;
  void on_established(Connection& connection) override;
  void on_message(Connection& connection, WebSocketKind kind, Bytes message) override;
  void on_draining(Connection& /*connection*/) override { begin_drain(); }
  [[nodiscard]] bool may_deliver() const noexcept override { return may_deliver_; }
  void on_held(Connection& connection, Bytes start) override;
  void on_closed(Connection& connection, std::uint16_t code, std::error_code reason) override;

  void enter() override;
  void say(std::string_view notice) override;
  void turn_away() override;
  void deliver(const Payload& block) override;
  void on_dismissed() override;

  void submit(std::string_view line);
  [[nodiscard]] const ChatJson& format() const noexcept;
  [[nodiscard]] std::string welcome(const ChatRoom* room, std::string_view name,
                                    std::string_view nick) const;

  ChatSockets& door_;
  std::unique_ptr<Wanted> wanted_;  // until it has entered
  // Of the last event that the client has seen; empty from then on. Each welcome before that has
  // the events after it.
  std::string_view after_;
  bool may_deliver_ = false;  // the next message
};

}  // namespace sluice

#endif
