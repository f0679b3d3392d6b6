// The limits and rules of a WebSocketServer. Each limit has a name here.
//
// Units: bytes and milliseconds. Thread: a plain value.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_OPTIONS_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sluice {

struct WebSocketOptions {
  // The longest message that is accepted; a longer one ends with 1009.
  std::size_t max_message = std::size_t{1024} * 1024;
  // The frames of one message; more of them end with 1009. 16 MiB in pieces of 64 bytes.
  std::size_t max_fragments = 262'144;
  // Bytes of incomplete messages that all connections of the server hold together. A message that
  // would exceed it ends with 1013.
  std::size_t max_pending = 256 * 1024 * 1024;
  // Pings a peer from which nothing has come for this time, and aborts it when nothing has come for
  // as long again. 0: never.
  std::chrono::milliseconds ping_interval{30'000};
  // How long the peer may take to answer a Close frame.
  std::chrono::milliseconds close_timeout{5'000};
  // How long the request of the handshake may take.
  std::chrono::milliseconds handshake_timeout{10'000};
  // The pages that may connect: "https://example.org", or "*" for all. Empty: those of the host to
  // which the request is made. A request without Origin is not from a page, and may always connect.
  std::vector<std::string> origins = {};
  // Messages are compressed for clients that offer permessage-deflate (RFC 7692), each by itself.
  // max_message limits a message that was compressed when it is expanded. Do not mix a secret and
  // what a stranger chooses in one message: its length then says something about the secret.
  bool deflate = false;
  // The names in Sec-WebSocket-Protocol, the best first. A client that offers none of them gets
  // none.
  std::vector<std::string> subprotocols = {};
};

}  // namespace sluice

#endif
