#include "websocket_client_handshake.h"

#include <algorithm>

#include "../../reactor/base/text/quote.h"
#include "websocket_handshake.h"

namespace sluice {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kMaxShownReason = 80;  // bytes of the server's reason in a fault
constexpr std::string_view kSubprotocol = "Sec-WebSocket-Protocol";
constexpr std::string_view kAccept = "Sec-WebSocket-Accept";

std::string refusal_of(const HttpResponseHead& head) {
  std::string text = "the server answered " + std::to_string(head.status);
  if (!head.reason.empty()) text += ' ' + escape(head.reason, kMaxShownReason);
  return text;
}

}  // namespace

std::string websocket_request(const WebSocketClientOptions& options, std::string_view key) {
  std::string text = "GET " + options.path + " HTTP/1.1\r\nHost: " + options.host +
                     "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ";
  text.append(key).append("\r\nSec-WebSocket-Version: 13\r\n");
  const char* before = ": ";
  for (const std::string& name : options.subprotocols) {
    text.append(*before == ':' ? kSubprotocol : "").append(before).append(name);
    before = ", ";
  }
  if (!options.subprotocols.empty()) text += "\r\n";
  return text + "\r\n";
}

WebSocketAnswer check_websocket_answer(const HttpResponseHead& head, std::string_view key,
                                       std::span<const std::string> offered) {
  const auto wrong = [](std::string_view why) { return WebSocketAnswer{std::string(why), {}}; };
  if (head.status != kSwitchingProtocols) return {refusal_of(head), {}};
  if (!head.has_token("Upgrade", "websocket")) return wrong("the answer does not upgrade");
  if (!head.has_token("Connection", "Upgrade")) {
    return wrong("the answer upgrades, but its Connection does not name it");
  }
  if (head.count(kAccept) != 1 || *head.find(kAccept) != websocket_accept(key)) {
    return wrong("Sec-WebSocket-Accept does not belong to the key of the request");
  }
  if (!head.find("Sec-WebSocket-Extensions").value_or("").empty()) {
    return wrong("the server uses an extension that was not offered");
  }
  const std::string subprotocol(head.find(kSubprotocol).value_or(""));
  const bool is_offered = subprotocol.empty() ||
                          std::find(offered.begin(), offered.end(), subprotocol) != offered.end();
  if (head.count(kSubprotocol) > 1 || !is_offered) {
    return wrong("the server has chosen a subprotocol that was not offered");
  }
  return {{}, subprotocol};
}

}  // namespace sluice
