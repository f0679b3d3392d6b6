// The PROXY protocol on a connection: a header before everything else, also before TLS.
//
// What it is: two kinds of Transport, as factories. One reads the header, and then knows the
// client's address (Connection::peer()); one writes it. After the header the bytes pass unchanged,
// or through an inner transport, such as TLS.
// Time: the header is part of the handshake: ConnectionOptions::open_timeout limits both together.
// Lifetime: connections own the transports; see ProxyGate for its own.
// Thread: the loop's. Errors: a header that is rejected ends the connection with EPROTO, a client
// that is not admitted with EACCES, both as CloseReason::open_failed. A factory throws
// std::bad_alloc; that of a writer also std::system_error (the errno of getsockname()).
#ifndef SLUICE_PROTOCOLS_PROXY_PROXY_TRANSPORT_H
#define SLUICE_PROTOCOLS_PROXY_PROXY_TRANSPORT_H

#include <memory>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/transport.h"
#include "proxy_header.h"

namespace sluice {

// Decides about the clients behind a proxy. Must outlive the connections.
class SLUICE_EXPORT ProxyGate {
 public:
  virtual ~ProxyGate();
  // A header has arrived: the connection is from `client`, or from the proxy itself. False ends it.
  virtual bool admit(const Address& client) = 0;
  // The connection of a client that was admitted has ended.
  virtual void leave(const Address& client) noexcept = 0;
  // The proxy has sent no header, or a wrong one.
  virtual void on_rejected(const Address& proxy, std::string_view why) = 0;
};

// For a listener that only proxies can connect to: any other peer could claim to be any client.
// `inner` may be empty. REQUIRES: no other transport around it.
SLUICE_EXPORT TransportFactory read_proxy_headers(ProxyGate& gate, TransportFactory inner = {});

// For a client: says that the connection is from the socket's own address. `inner` may be empty.
SLUICE_EXPORT TransportFactory write_proxy_header(ProxyVersion version,
                                                  TransportFactory inner = {});

// For a proxy: says that the connection is from its client, `source`, which has connected to
// `destination`. `inner` may be empty; without one, sending make_proxy_header() first is the same,
// and leaves the connection a plain socket.
SLUICE_EXPORT TransportFactory write_proxy_header(ProxyVersion version, const Address& source,
                                                  const Address& destination,
                                                  TransportFactory inner = {});

}  // namespace sluice

#endif
