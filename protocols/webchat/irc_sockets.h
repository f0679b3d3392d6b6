// IRC over WebSocket: a door to the house of a Chat for web clients of IRC.
//
//   sluice::WebSocketOptions options;
//   options.subprotocols = sluice::IrcSockets::subprotocols();
//   options.max_message = sluice::IrcSockets::kMaxMessage;
//   sluice::WebSocketServer server(loop, options);
//   sluice::IrcSockets sockets(chat, server, {});
//   const sluice::Listener listener(loop, endpoint, sockets.factory(), connection_options);
//
// What it is: what the connections of this door share. Each message is one line, without its end.
// The subprotocol decides whether messages are text or binary; without one they are text. A message
// of the other kind ends with 1003. Commands, limits of lines, rates and slow members are as irc.h
// says.
// Lifetime: must be destroyed before the chat and the server, and after its last connection.
// Thread: the loop's. Errors: std::bad_alloc.
// Source: IRCv3, "IRC over WebSocket".
#ifndef SLUICE_PROTOCOLS_WEBCHAT_IRC_SOCKETS_H
#define SLUICE_PROTOCOLS_WEBCHAT_IRC_SOCKETS_H

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../../reactor/stream/protocol.h"
#include "../chat/chat.h"
#include "../irc/irc_options.h"
#include "../websocket/websocket_reader.h"
#include "../websocket/websocket_server.h"

namespace sluice {

class IrcSockets {
 public:
  // For WebSocketOptions. A line above the limits of IRC is answered with 417, and a message above
  // this ends with 1009.
  static constexpr std::size_t kMaxMessage = WebSocketReader::kMaxPeeked;
  [[nodiscard]] static std::vector<std::string> subprotocols();

  IrcSockets(Chat& chat, WebSocketServer& server, IrcOptions options)
      : chat_(chat), server_(server), options_(std::move(options)) {}
  IrcSockets(const IrcSockets&) = delete;
  IrcSockets& operator=(const IrcSockets&) = delete;
  ~IrcSockets() = default;

  [[nodiscard]] ProtocolFactory factory();

 private:
  friend class IrcSocket;

  Chat& chat_;
  WebSocketServer& server_;
  IrcOptions options_;
};

}  // namespace sluice

#endif
