#include "websocket_client_handshake.h"

#include <algorithm>

#include "../../reactor/base/text/quote.h"
#include "websocket_extensions.h"
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
  if (options.deflate) {
    text.append(kWebSocketExtensions).append(": ").append(kWebSocketDeflateOffer) += "\r\n";
  }
  return text + "\r\n";
}

WebSocketAnswer check_websocket_answer(const HttpResponseHead& head, std::string_view key,
                                       const WebSocketClientOptions& options) {
  const auto wrong = [](std::string_view why) {
    return WebSocketAnswer{.fault = std::string(why)};
  };
  if (head.status != kSwitchingProtocols) return {.fault = refusal_of(head)};
  if (!head.has_token("Upgrade", "websocket")) return wrong("the answer does not upgrade");
  if (!head.has_token("Connection", "Upgrade")) {
    return wrong("the answer upgrades, but its Connection does not name it");
  }
  if (head.count(kAccept) != 1 || *head.find(kAccept) != websocket_accept(key)) {
    return wrong("Sec-WebSocket-Accept does not belong to the key of the request");
  }
  std::vector<WebSocketExtension> extensions;
  for (const HttpHeader& header : head.headers()) {
    const bool is_theirs = is_same_http_name(header.name, kWebSocketExtensions);
    if (!is_theirs || header.value.empty()) continue;
    if (!read_websocket_extensions(header.value, extensions)) {
      return wrong("Sec-WebSocket-Extensions is malformed");
    }
  }
  if (!extensions.empty() && !(options.deflate && accepts_deflate_offer(extensions))) {
    return wrong("the server uses an extension that was not offered");
  }
  const std::vector<std::string>& offered = options.subprotocols;
  const std::string subprotocol(head.find(kSubprotocol).value_or(""));
  const bool is_offered = subprotocol.empty() ||
                          std::find(offered.begin(), offered.end(), subprotocol) != offered.end();
  if (head.count(kSubprotocol) > 1 || !is_offered) {
    return wrong("the server has chosen a subprotocol that was not offered");
  }
  return {.fault = {}, .subprotocol = subprotocol, .deflates = !extensions.empty()};
}

}  // namespace sluice
