// The proxy of --proxy, through which a stream reaches its endpoint.
//
//   socks5://127.0.0.1:1080   http://me:secret@proxy.example:3128
//
// What it is: plain data, its options, and the transports that ask the proxy.
// Errors: read_tunnel() throws UsageError that says which part is wrong and what is allowed. It
// quotes no part that might be the password: if the "@" or the host is missing, every other part
// may be it. A transport fails as dialogues/dialogue.h says.
// Thread: any; the transports: the loop's.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TUNNEL_H
#define SLUICE_TOOLS_SLUICE_TALK_TUNNEL_H

#include <optional>
#include <string>

#include "../../reactor/stream/transport.h"
#include "../common/command_line.h"
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

// What --proxy and --proxy-password-file say; none without --proxy. `to` is where the stream ends.
// Waits for the file.
std::optional<TunnelSettings> read_tunnel(const Target& to, const CommandLine& line);

// `inner` may be empty.
TransportFactory tunnel_transport(const TunnelSettings& settings, TransportFactory inner);

}  // namespace sluice::tools::talk

#endif
