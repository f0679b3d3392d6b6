// What the command line says about the WebSocket of a session. Plain data.
#ifndef SLUICE_TOOLS_SLUICE_TALK_WEBSOCKET_SETTINGS_H
#define SLUICE_TOOLS_SLUICE_TALK_WEBSOCKET_SETTINGS_H

#include <string>
#include <vector>

namespace sluice::tools::talk {

struct WebSocketSettings {
  std::string host{};  // for the header Host, with the port if it is not the scheme's
  std::string path = "/";
  std::vector<std::string> subprotocols{};  // to offer, the best first
  bool deflate = false;                     // offer permessage-deflate
};

}  // namespace sluice::tools::talk

#endif
