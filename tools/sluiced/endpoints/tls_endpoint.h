// The TLS of a service's endpoint: its certificates, which can be read again while it serves.
//
// What it is: what the keys of tls_keys.h name, read from their files. There are two sources: one
// with sluice-tls, and one for a build without OpenSSL, in which no such keys are valid.
// Lifetime: must outlive the listener that has its transport.
// Thread: the loop's. Errors: std::system_error that names the endpoint and the file;
// std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_TLS_ENDPOINT_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_TLS_ENDPOINT_H

#include <memory>
#include <string>
#include <string_view>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/stream/connection.h"
#include "../settings/listen_spec.h"

namespace sluice::tools::daemon {

class TlsEndpoint {
 public:
  static bool is_built_in() noexcept;
  // "TLSv1.3"; empty on a connection without TLS, and before its handshake is done.
  static std::string_view version_of(const Connection& connection) noexcept;

  // The name in the certificate of a client that was checked; empty if there is none.
  static std::string client_of(const Connection& connection);

  // REQUIRES: is_built_in(), has_tls(spec.settings), and the settings are valid.
  explicit TlsEndpoint(const ListenSpec& spec);
  TlsEndpoint(const TlsEndpoint&) = delete;
  TlsEndpoint& operator=(const TlsEndpoint&) = delete;
  ~TlsEndpoint();

  [[nodiscard]] TransportFactory transport() const;
  // Reads the files again. Returns what makes new connections use them; empty if they are the same.
  // The task does not throw. REQUIRES: the task runs, or is destroyed, before this object is.
  [[nodiscard]] Task renew();
  // Of the first certificate: "serial 4A0B, until 2027-01-31".
  [[nodiscard]] std::string describe() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For connections to a server that has a certificate for `host`, signed by one of `ca`, which is
// PEM. Throws std::system_error. REQUIRES: TlsEndpoint::is_built_in().
TransportFactory client_transport(const std::string& host, const std::string& ca);

// All reading of certificates and keys. Throws std::system_error that names the path.
std::string read_tls_file(const std::string& path);

}  // namespace sluice::tools::daemon

#endif
