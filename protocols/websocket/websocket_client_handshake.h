// The handshake of a WebSocket client: its request, and the check of the answer. Not installed.
//
// What it is: pure functions. Thread: any. Errors: std::bad_alloc.
// Source: RFC 6455, section 4.1.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLIENT_HANDSHAKE_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLIENT_HANDSHAKE_H

#include <string>
#include <string_view>

#include "../http/http_response_head.h"
#include "websocket_client.h"

namespace sluice {

[[nodiscard]] std::string websocket_request(const WebSocketClientOptions& options,
                                            std::string_view key);

struct WebSocketAnswer {
  std::string fault;          // "the server answered 403 Forbidden"; empty: it has accepted
  std::string subprotocol{};  // empty: none
  bool deflates = false;      // permessage-deflate is accepted
};

// `options` are those of the request, and `key` is its key.
[[nodiscard]] WebSocketAnswer check_websocket_answer(const HttpResponseHead& head,
                                                     std::string_view key,
                                                     const WebSocketClientOptions& options);

}  // namespace sluice

#endif
