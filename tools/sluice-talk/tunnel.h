// The proxy of --proxy, through which a stream reaches its endpoint.
//
//   socks5://127.0.0.1:1080   http://me:secret@proxy.example:3128
//
// What it is: plain data, its parser, and the transports that ask the proxy.
// Errors: read_tunnel() throws UsageError that names the part, what was read and what is allowed,
// and never shows the password. A transport fails as dialogues/dialogue.h says.
// Thread: any; the transports: the loop's.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TUNNEL_H
#define SLUICE_TOOLS_SLUICE_TALK_TUNNEL_H

#include <string>
#include <string_view>

#include "../../reactor/stream/transport.h"
#include "../common/target.h"
#include "dialogues/proxy_request.h"

namespace sluice::tools::talk {

struct TunnelSettings {
  bool is_http = false;  // else SOCKS5
  Target proxy;
  ProxyRequest request;

  // HOST:PORT of the endpoint, as it is asked for.
  [[nodiscard]] std::string destination() const;
};

// `to` is where the stream ends. REQUIRES: its scheme is tcp.
TunnelSettings read_tunnel(std::string_view text, const Target& to);

// `inner` may be empty.
TransportFactory tunnel_transport(const TunnelSettings& settings, TransportFactory inner);

}  // namespace sluice::tools::talk

#endif
