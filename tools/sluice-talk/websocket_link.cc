#include "websocket_link.h"

#include "../../reactor/base/text/quote.h"
#include "wire.h"

namespace sluice::tools::talk {

WebSocketClientOptions websocket_options(const WebSocketSettings& settings,
                                         std::chrono::milliseconds silence) {
  return {.host = settings.host,
          .path = settings.path,
          .subprotocols = settings.subprotocols,
          .max_message = Wire::kMaxMessage,
          .deflate = settings.deflate,
          .handshake_timeout = silence,
          // After the end of the input the peer may still answer for as long as it likes.
          .close_timeout = std::chrono::milliseconds(0)};
}

std::string agreed_on(const WebSocketClientProtocol& websocket) {
  std::string text;
  // One of those that were offered.
  if (!websocket.subprotocol().empty()) {
    text = "subprotocol " + std::string(websocket.subprotocol());
  }
  if (websocket.may_deflate()) text += text.empty() ? "compressed" : ", compressed";
  return text;
}

bool is_orderly(const WebSocketEnd& end) {
  return end.fault.empty() &&
         (end.code == WebSocketCode::kNormal || end.code == WebSocketCode::kGoingAway ||
          end.code == WebSocketCode::kNone);
}

std::string fault_of(const WebSocketEnd& end) {
  if (!end.fault.empty()) return end.fault;
  if (end.code != WebSocketCode::kAbnormal) {
    std::string text = "the peer closed with " + std::to_string(end.code);
    if (!end.reason.empty()) text += ": " + escape(end.reason, WebSocketClose::kMaxReason);
    return text;
  }
  return end.error ? std::string() : "the peer closed without a Close frame";
}

}  // namespace sluice::tools::talk
