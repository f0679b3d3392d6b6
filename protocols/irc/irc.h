// IRC as a front of a chat: the rooms of a house are channels, and clients talk with the members of
// all other fronts.
//
//   sluice::Loop loop;
//   sluice::Chat chat(loop, {});
//   sluice::Irc irc(chat);
//   const sluice::Listener listener(loop, endpoint, irc.factory(), {});
//
// What it is: a single server of RFC 1459 and RFC 2812, without operators of the server and links
// to others, with IRCv3 capabilities: message-tags, server-time, echo-message, multi-prefix,
// userhost-in-names and away-notify. The room "lobby" is the channel "#lobby".
// A line above 510 bytes, or tags above 4096, are answered with 417.
// Slow members, rates and the ends of connections are as chat.h says.
// Lifetime: must be destroyed before its chat. REQUIRES: the loop runs no turn after that while
// connections of it are open, unless the chat is gone too.
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_H
#define SLUICE_PROTOCOLS_IRC_IRC_H

#include <utility>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "../chat/chat.h"
#include "irc_options.h"

namespace sluice {

class SLUICE_EXPORT Irc {
 public:
  explicit Irc(Chat& chat, IrcOptions options = {}) : chat_(chat), options_(std::move(options)) {}
  Irc(const Irc&) = delete;
  Irc& operator=(const Irc&) = delete;

  // For any number of listeners. REQUIRES: they are not used after this object is destroyed.
  [[nodiscard]] ProtocolFactory factory();
  // Makes the handler of one connection.
  [[nodiscard]] ProtocolRef handler();

 private:
  Chat& chat_;
  IrcOptions options_;
};

}  // namespace sluice

#endif
