// The keys of WebSocket endpoints, ws:// and wss://, and the options that come from them.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_WEBSOCKET_KEYS_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_WEBSOCKET_KEYS_H

#include <chrono>
#include <cstddef>
#include <span>

#include "../../../protocols/websocket/websocket_options.h"
#include "../../../reactor/stream/listener.h"
#include "../settings/key_types.h"
#include "../settings/listen_spec.h"

namespace sluice::tools::daemon {

// Enough for everything that people send each other by hand. WebSocketOptions::max_pending limits
// the incomplete messages of all peers together.
inline constexpr std::size_t kMaxWebSocketMessage = std::size_t{16} * 1024 * 1024;
// A message takes at most this long, so that one that does not end is not held for ever.
inline constexpr std::chrono::minutes kWebSocketMessageTimeout{5};

inline constexpr WordsKey kOriginKey({.name = "origin",
                                      .form = "ORIGIN...",
                                      .summary = "pages that may connect, * for all",
                                      .applies = over_streams,
                                      .without = "same host"},
                                     {1, 255});
inline constexpr DurationKey kPingKey({.name = "ping",
                                       .form = "DURATION",
                                       .summary = "ping a peer that is silent this long",
                                       .applies = over_streams},
                                      std::chrono::seconds(1), WebSocketOptions{}.ping_interval,
                                      std::chrono::hours(24));
inline constexpr NumberKey kMessageSizeKey({.name = "max-message",
                                            .form = "BYTES",
                                            .summary = "longest message received",
                                            .applies = over_streams},
                                           NumberKey::kCount, kMaxWebSocketMessage);

inline constexpr SwitchKey kDeflateKey({.name = "deflate",
                                        .form = "on|off",
                                        .summary = "compress messages for clients that ask for it",
                                        .applies = over_streams},
                                       false);

// For ServiceKind::websocket_keys: the first for kinds that need the key max-message, the second
// for kinds that limit messages themselves.
inline constexpr const Key* kWebSocketKeys[] = {&kOriginKey, &kPingKey, &kDeflateKey,
                                                &kMessageSizeKey};
inline constexpr std::span<const Key* const> kWebSocketConnectionKeys =
    std::span(kWebSocketKeys).first(3);

WebSocketOptions derive_websocket(const Settings& settings, std::size_t max_message);
inline WebSocketOptions derive_websocket(const Settings& settings) {
  return derive_websocket(settings, settings.get(kMessageSizeKey));
}

}  // namespace sluice::tools::daemon

#endif
