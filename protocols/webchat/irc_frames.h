// The lines of IRC as messages of WebSocket: one line a message, without its end.
//
// Thread: any. Errors: std::bad_alloc.
// Source: IRCv3, "IRC over WebSocket": text.ircv3.net and binary.ircv3.net.
#ifndef SLUICE_PROTOCOLS_WEBCHAT_IRC_FRAMES_H
#define SLUICE_PROTOCOLS_WEBCHAT_IRC_FRAMES_H

#include <string>
#include <string_view>

#include "../irc/irc_format.h"
#include "../websocket/websocket.h"

namespace sluice {

// Appends each line of `lines` as a frame. REQUIRES: each ends with CR and LF, and is UTF-8.
void append_irc_frames(std::string& to, std::string_view lines, WebSocketKind kind);

// The format of members with these capabilities. Static.
[[nodiscard]] const ChatFormat& irc_frames(const IrcCapabilities& capabilities, WebSocketKind kind);

}  // namespace sluice

#endif
