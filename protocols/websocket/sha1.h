// SHA-1, for the handshake of WebSocket alone.
//
// Why not OpenSSL's: the core does not link it, and a handshake needs one hash of 60 bytes. SHA-1
// is broken as a signature; here it only shows that the server speaks the protocol (RFC 6455,
// section 10.8). Use it for nothing else.
// Thread: any. Errors: none.
// Source: RFC 3174.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_SHA1_H
#define SLUICE_PROTOCOLS_WEBSOCKET_SHA1_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice {

using Sha1 = std::array<std::uint8_t, 20>;

[[nodiscard]] Sha1 sha1_of(std::string_view text) noexcept;

}  // namespace sluice

#endif
