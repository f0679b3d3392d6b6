// Connects with TLS: the certificates that a client trusts, and its own.
//
//   const sluice::TlsClient tls;
//   sluice::ConnectorOptions options;
//   options.connection.transport = tls.transport("example.com");
//
// What it is: settings that are checked once. A copy refers to the same ones, which never change.
// The peer's certificate is verified: its chain up to a certificate of `ca`, and its name.
// Lifetime: the factories and connections that it made may outlive it.
// Thread: any; a loop's thread uses the factory.
// Errors: the constructor throws std::system_error with an error of tls_category() or an errno, and
// names the setting; std::bad_alloc. A factory throws std::bad_alloc. For the handshake and what
// follows, see tls_transport.h.
#ifndef SLUICE_REACTOR_TLS_TLS_CLIENT_H
#define SLUICE_REACTOR_TLS_TLS_CLIENT_H

#include <string>
#include <string_view>
#include <vector>

#include "../base/export.h"
#include "../stream/transport.h"
#include "tls_certificate.h"
#include "tls_context.h"

namespace sluice {

struct TlsClientOptions {
  std::string ca{};                 // PEM: the roots to trust; empty: those of the system
  std::string ca_name = "ca";       // its name in messages
  TlsCertificate certificate{};     // the client's own; without a chain, none
  std::vector<std::string> alpn{};  // the protocols that it offers, the best first
  TlsProfile profile = TlsProfile::intermediate;
  // Accepts any certificate from anybody: whoever is on the way can read and change everything.
  bool insecure_no_verify = false;
};

class SLUICE_EXPORT TlsClient {
 public:
  explicit TlsClient(const TlsClientOptions& options = {});

  // Makes transports that expect the certificate of `host`, a name or an IP address, and send the
  // name as SNI. Throws TlsErrc::setting for a host that is empty, longer than 253 bytes, or holds
  // a NUL.
  [[nodiscard]] TransportFactory transport(std::string_view host) const;

 private:
  TlsContext context_;
  bool verify_;
};

}  // namespace sluice

#endif
