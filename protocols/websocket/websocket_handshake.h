// The handshake of WebSocket: whether a request is one, and the answer to it.
//
// What it is: pure functions of a request. The request line and the headers have been checked by
// HttpHeadDecoder, so Host is there.
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 6455, sections 4.2, 4.4 and 10.2.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_HANDSHAKE_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_HANDSHAKE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../http/http_request.h"
#include "../http/http_response.h"
#include "websocket_extensions.h"
#include "websocket_options.h"

namespace sluice {

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept(std::string_view key);

// Has "Upgrade: websocket", so that it is to be answered as a handshake.
[[nodiscard]] bool asks_for_websocket(const HttpRequest& request) noexcept;

// The refusal of a handshake: 400, 403, or 426 for a version other than 13. Nothing: it is
// accepted. REQUIRES: asks_for_websocket().
[[nodiscard]] std::optional<HttpResponse> refuse_handshake(const HttpRequest& request,
                                                           std::span<const std::string> origins);

// For a request that is no handshake, where there is nothing else.
[[nodiscard]] HttpResponse upgrade_required();

// The best of `known` that the client offers; known.size() if it offers none of them.
[[nodiscard]] std::size_t choose_subprotocol(const HttpRequest& request,
                                             std::span<const std::string> known) noexcept;

// What the client offers. Nothing: a header of it is not in the form of RFC 6455, section 9.1.
[[nodiscard]] std::optional<std::vector<WebSocketExtension>> offered_extensions(
    const HttpRequest& request);

// The answer that accepts. `subprotocol` and `extensions` may be empty. REQUIRES: it is not
// refused.
[[nodiscard]] std::string accept_handshake(const HttpRequest& request, std::string_view subprotocol,
                                           std::string_view extensions);

}  // namespace sluice

#endif
