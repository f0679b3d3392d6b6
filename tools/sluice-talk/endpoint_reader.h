// The ENDPOINT of sluice-talk: an address or a name, and what is spoken there.
//
//   localhost:7007   tls://db.example:5432   wss://example.org/chat?room=1
//
// What it is: a pure parser; it looks nothing up.
// Errors: UsageError that names the part, what was read and what is allowed.
// Source: RFC 6455, section 3, for ws:// and wss://.
#ifndef SLUICE_TOOLS_SLUICE_TALK_ENDPOINT_READER_H
#define SLUICE_TOOLS_SLUICE_TALK_ENDPOINT_READER_H

#include <optional>
#include <string>
#include <string_view>

#include "../common/target.h"
#include "tls_settings.h"
#include "websocket_settings.h"

namespace sluice::tools::talk {

struct TalkEndpoint {
  Target target;
  std::optional<TlsSettings> tls{};              // of tls:// and wss://, with the name
  std::optional<WebSocketSettings> websocket{};  // of ws:// and wss://, with the host and the path
};

// `least_port`: 0 for a local address.
TalkEndpoint read_talk_endpoint(std::string_view text, unsigned least_port = 1);

// The name that the server's certificate should have: the host, without a zone.
std::string certificate_name(const Target& target);

}  // namespace sluice::tools::talk

#endif
