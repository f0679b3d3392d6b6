#include "chat_sockets.h"

#include <memory>
#include <utility>

#include "chat_socket.h"

namespace sluice {

ChatSockets::ChatSockets(Chat& chat, WebSocketServer& server, ChatSocketsOptions options)
    : chat_(chat),
      server_(server),
      options_(std::move(options)),
      format_(chat.house().lobby().created()),
      deflated_(chat.house().lobby().created(), server.deflate()) {}

ProtocolFactory ChatSockets::factory() {
  return [this](const Address&) -> ProtocolRef { return std::make_unique<ChatSocket>(*this); };
}

}  // namespace sluice
