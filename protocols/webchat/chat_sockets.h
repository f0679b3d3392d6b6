// A chat over WebSocket: a door to the house of a Chat for browsers.
//
//   sluice::Chat chat(loop);
//   sluice::WebSocketServer server(loop);
//   sluice::ChatSockets sockets(chat, server, {});
//   const sluice::Listener listener(loop, endpoint, sockets.factory(), options);
//
// What it is: what the connections of this door share. A client sends the lines that a person
// types, each as a text message, and receives events as JSON (ChatJson). Commands are those of
// ChatLines. The rate, and what happens to slow members, are those of Chat.
// The request of the handshake may have a query: nick= is the name that the member wants, room= the
// room that it goes to, and after= the number of the last event that the client has seen.
// Lifetime: must be destroyed before the chat and the server, and after its last connection.
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_WEBCHAT_CHAT_SOCKETS_H
#define SLUICE_PROTOCOLS_WEBCHAT_CHAT_SOCKETS_H

#include <cstddef>
#include <string>

#include "../../reactor/stream/protocol.h"
#include "../chat/chat.h"
#include "../websocket/websocket_server.h"
#include "chat_json.h"

namespace sluice {

struct ChatSocketsOptions {
  std::string path = {};        // the only one that is a chat; empty: every path
  std::size_t max_line = 4096;  // bytes
};

class ChatSockets {
 public:
  ChatSockets(Chat& chat, WebSocketServer& server, ChatSocketsOptions options);
  ChatSockets(const ChatSockets&) = delete;
  ChatSockets& operator=(const ChatSockets&) = delete;
  ~ChatSockets() = default;

  [[nodiscard]] ProtocolFactory factory();

 private:
  friend class ChatSocket;

  Chat& chat_;
  WebSocketServer& server_;
  ChatSocketsOptions options_;
  ChatJson format_;
  ChatJson deflated_;  // for those with which that was agreed on
};

}  // namespace sluice

#endif
