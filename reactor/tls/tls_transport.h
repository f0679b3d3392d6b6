// A TLS connection: what a handler can ask about its transport.
//
//   const sluice::TlsTransport* tls = sluice::TlsTransport::of(connection);
//   if (tls != nullptr) log(tls->version(), tls->peer_name());
//
// What it is: the Transport that TlsServer::transport() and TlsClient::transport() make. It
// encrypts with OpenSSL over the Wire of its connection.
// Lifetime: the connection owns it. A string_view that it returns is valid until then.
// Thread: the loop's.
// Errors: see tls_error.h. An end of the peer without close_notify is TlsErrc::truncated, and ends
// the connection with CloseReason::transport_error.
// Source: RFC 8446, RFC 5246; OpenSSL 3.
#ifndef SLUICE_REACTOR_TLS_TLS_TRANSPORT_H
#define SLUICE_REACTOR_TLS_TLS_TRANSPORT_H

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../base/export.h"
#include "../stream/connection.h"
#include "../stream/transport.h"
#include "tls_peer_certificate.h"
#include "tls_wire.h"

struct ssl_st;

namespace sluice {

class SLUICE_EXPORT TlsTransport final : public Transport {
 public:
  ~TlsTransport() override;

  // The TLS transport of `connection`; null if it has none.
  static const TlsTransport* of(const Connection& connection) noexcept;

  // Before the handshake is done, each is empty or false.
  [[nodiscard]] std::string_view version() const noexcept;  // "TLSv1.3"
  [[nodiscard]] std::string_view cipher() const noexcept;   // "TLS_AES_128_GCM_SHA256"
  [[nodiscard]] std::string_view alpn() const noexcept;     // empty: none was agreed on
  [[nodiscard]] std::string_view sni() const noexcept;      // the name that the client asked for
  [[nodiscard]] bool resumed() const noexcept;              // without a full handshake
  // Whether a certificate of the peer was checked, and is good for its name if a client asked.
  [[nodiscard]] bool peer_verified() const noexcept;
  // The first name of a certificate that was checked; empty if there is none.
  [[nodiscard]] std::string peer_name() const;
  // Checked or not; nothing if the peer has sent none.
  [[nodiscard]] std::optional<TlsPeerCertificate> peer_certificate() const;

  IoResult open() override;
  IoResult read(std::span<std::byte> into) override;
  IoResult write(std::span<const iovec> parts) override;
  IoResult shutdown_write() override;
  [[nodiscard]] bool pending() const noexcept override;

 private:
  friend class TlsClient;
  friend class TlsServer;
  struct SLUICE_LOCAL Free {
    void operator()(ssl_st* ssl) const noexcept;
  };

  SLUICE_LOCAL TlsTransport(ssl_st* owned, Wire wire);
  SLUICE_LOCAL void leave_handshake() noexcept;
  [[nodiscard]] SLUICE_LOCAL IoResult result_of(int returned) noexcept;
  SLUICE_LOCAL void discard_unread() noexcept;

  std::unique_ptr<ssl_st, Free> ssl_;
  TlsWire wire_;
  // Of its server, one less when the handshake is done or given up; null for a client.
  std::atomic<std::size_t>* handshakes_ = nullptr;
  std::size_t in_flight_ = 0;  // of the handler's bytes, in a record that is written only in part
  std::optional<IoResult> kept_;  // of a read that had bytes to return first
  bool open_ = false;
};

}  // namespace sluice

#endif
