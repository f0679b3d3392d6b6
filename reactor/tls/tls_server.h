// Serves with TLS: certificates, and what clients must show.
//
//   const sluice::TlsServer tls({.certificates = {sluice::TlsCertificate::from_files(cert, key)}});
//   sluice::ListenerOptions options;
//   options.connection.transport = tls.transport();
//
// What it is: settings that are checked once. A copy refers to the same ones, which never change:
// to renew a certificate, make another TlsServer, and put it into a TlsServerSlot. Then new
// connections use that one, and those that are open go on.
// Lifetime: the factories and connections that it made may outlive it.
// Thread: any; several loops may share it.
// Errors: the constructor throws std::system_error with an error of tls_category() or an errno, and
// names the setting and its file; std::bad_alloc. A factory refuses the newcomer above
// max_handshakes. For the handshake and what follows, see tls_transport.h.
// Units: seconds.
#ifndef SLUICE_REACTOR_TLS_TLS_SERVER_H
#define SLUICE_REACTOR_TLS_TLS_SERVER_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../base/export.h"
#include "../base/mutex.h"
#include "../stream/transport.h"
#include "tls_certificate.h"
#include "tls_context.h"
#include "tls_peer_certificate.h"

namespace sluice {

enum class TlsClientCertificates : std::uint8_t {
  off,       // none is asked for
  optional,  // a client may send none; one that it sends must be good
  required
};

struct TlsServerOptions {
  // At least one. The first is for clients that name no host, or another one. Two for the same
  // names may have keys of different types; the client then chooses.
  std::vector<TlsCertificate> certificates{};
  // The protocols that it speaks, the best first. A client that offers only others is refused; one
  // that offers none is not.
  std::vector<std::string> alpn{};
  TlsProfile profile = TlsProfile::intermediate;
  TlsClientCertificates client_certificates = TlsClientCertificates::off;
  std::string client_ca{};                   // PEM: the roots of the clients' certificates
  std::string client_ca_name = "client CA";  // what messages call it
  // A ticket with which a client resumes its session is good for one to two such times. 0: none.
  std::chrono::seconds ticket_life{12 * 3600};
  // Connections whose handshake is in progress; newcomers above it are refused.
  std::size_t max_handshakes = 1024;
};

class SLUICE_EXPORT TlsServer {
 public:
  explicit TlsServer(const TlsServerOptions& options);

  [[nodiscard]] TransportFactory transport() const;
  [[nodiscard]] std::size_t handshakes() const noexcept;  // in progress now
  // The first certificate.
  [[nodiscard]] TlsPeerCertificate certificate() const;

 private:
  friend class TlsServerSlot;
  SLUICE_LOCAL std::unique_ptr<Transport> accept(Wire wire) const;

  TlsContext context_;
};

// The TlsServer that is current: for certificates that are renewed while the program serves.
// Lifetime: must outlive what has its factory: the listeners, and their connections' options.
// Thread: any.
class SLUICE_EXPORT TlsServerSlot {
 public:
  explicit TlsServerSlot(TlsServer first) noexcept;
  TlsServerSlot(const TlsServerSlot&) = delete;
  TlsServerSlot& operator=(const TlsServerSlot&) = delete;

  // New connections use `next`. If making it throws, the old one stays.
  void replace(TlsServer next) noexcept;
  [[nodiscard]] TlsServer current() const noexcept;
  [[nodiscard]] TransportFactory transport() const;

 private:
  mutable detail::Mutex mutex_;
  TlsServer current_ SLUICE_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif
