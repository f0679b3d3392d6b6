// The header Sec-WebSocket-Extensions, and what both sides agree on about permessage-deflate.
// Not installed.
//
// What it is: pure functions of text. We ask for, and answer with, no context takeover in both
// directions, so that each message stands alone (websocket_deflate.h).
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 6455, section 9.1; RFC 7692, section 7.1.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_EXTENSIONS_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_EXTENSIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

inline constexpr std::string_view kWebSocketExtensions = "Sec-WebSocket-Extensions";

struct WebSocketExtension {
  struct Parameter {
    std::string_view name;
    std::optional<std::string> value;  // without quotes
  };

  std::string_view name;
  std::vector<Parameter> parameters;
};

// Appends the extensions of one header. False if it is not in the form of section 9.1.
[[nodiscard]] bool read_websocket_extensions(std::string_view value,
                                             std::vector<WebSocketExtension>& to);

// The server's side: the first offer that it can accept.
struct WebSocketDeflateAnswer {
  std::string header;             // the value for the answer; empty: there is no such offer
  std::uint8_t window_bits = 15;  // the most that the client can expand
};
[[nodiscard]] WebSocketDeflateAnswer answer_deflate_offer(
    const std::vector<WebSocketExtension>& offers);

// The client's side.
inline constexpr std::string_view kWebSocketDeflateOffer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
// Whether the answer accepts that offer.
[[nodiscard]] bool accepts_deflate_offer(const std::vector<WebSocketExtension>& answer);

}  // namespace sluice

#endif
