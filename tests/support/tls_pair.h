// A TLS server and a TLS client in one loop, on the two ends of a socket pair.
#ifndef SLUICE_TESTS_SUPPORT_TLS_PAIR_H
#define SLUICE_TESTS_SUPPORT_TLS_PAIR_H

#include <string>
#include <string_view>
#include <utility>

#include "certificates.h"
#include "streams.h"
#include <sluice/tls_client.h>
#include <sluice/tls_server.h>
#include <sluice/tls_transport.h>

namespace sluice::test {

inline TlsCertificate certificate_of(const Pem& pem) {
  return {.chain = pem.certificate, .key = pem.key};
}

inline TlsServerOptions server_with(const Pem& pem) {
  TlsServerOptions options;
  options.certificates.push_back(certificate_of(pem));
  return options;
}

inline ConnectionOptions over(TransportFactory transport) {
  ConnectionOptions options;
  options.transport = std::move(transport);
  return options;
}

// The handlers keep what they saw of the transport when it was open, and why it closed.
struct TlsEnd {
  Handler handler;
  std::string version, cipher, alpn, sni, peer_name;
  bool verified = false;
  bool resumed = false;
  CloseReason reason = CloseReason::open;
  ConnectionId id{};

  TlsEnd() {
    handler.open = [this](Connection& connection) {
      const TlsTransport* tls = TlsTransport::of(connection);
      cr_assert(tls != nullptr);
      version = tls->version();
      cipher = tls->cipher();
      alpn = tls->alpn();
      sni = tls->sni();
      peer_name = tls->peer_name();
      verified = tls->peer_verified();
      resumed = tls->resumed();
    };
    handler.close = [this](Connection& connection, std::error_code) {
      reason = connection.close_reason();
    };
  }
  [[nodiscard]] bool opened() const { return !version.empty(); }
  [[nodiscard]] bool closed() const { return reason != CloseReason::open; }
  [[nodiscard]] std::string why() const { return handler.last_reason.message(); }
};

class TlsPair {
 public:
  TlsEnd server, client;

  TlsPair(TransportFactory of_server, TransportFactory of_client)
      : TlsPair(over(std::move(of_server)), over(std::move(of_client))) {}
  TlsPair(const ConnectionOptions& of_server, const ConnectionOptions& of_client) {
    Pair pair = unix_pair();
    server.id = Connection::adopt(loop_, std::move(pair.ours), server.handler, of_server).id();
    client.id = Connection::adopt(loop_, std::move(pair.peers), client.handler, of_client).id();
  }

  Loop& loop() { return loop_; }
  Connection& at(const TlsEnd& end) {
    Connection* connection = Connection::find(loop_, end.id);
    cr_assert(connection != nullptr, "it has closed: %s", end.why().c_str());
    return *connection;
  }
  void until_open() {
    turn_until(
        loop_, [this] { return server.opened() && client.opened(); }, "both ends' on_open()");
  }
  void until_closed() {
    turn_until(
        loop_, [this] { return server.closed() && client.closed(); }, "both ends' on_close()");
  }

 private:
  Loop loop_;
};

}  // namespace sluice::test

#endif
