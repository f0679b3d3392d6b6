// The WebSocket of a session: its options, what was agreed on, and why it ended, in words.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_TALK_WEBSOCKET_LINK_H
#define SLUICE_TOOLS_SLUICE_TALK_WEBSOCKET_LINK_H

#include <chrono>
#include <string>

#include "../../protocols/websocket/websocket_client.h"
#include "websocket_settings.h"

namespace sluice::tools::talk {

// `silence`: how long the handshake may take; 0: forever.
WebSocketClientOptions websocket_options(const WebSocketSettings& settings,
                                         std::chrono::milliseconds silence);

// "subprotocol chat, compressed"; empty if nothing was agreed on. REQUIRES: it is established.
std::string agreed_on(const WebSocketClientProtocol& websocket);

// An end that the peer has announced, and that is no error.
bool is_orderly(const WebSocketEnd& end);
// What was wrong; empty if the error of the connection says it.
std::string fault_of(const WebSocketEnd& end);

}  // namespace sluice::tools::talk

#endif
