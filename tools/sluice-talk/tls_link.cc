#include "tls_link.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/tls/tls_certificate.h"
#include "../../reactor/tls/tls_client.h"
#include "../../reactor/tls/tls_error.h"
#include "../../reactor/tls/tls_server.h"
#include "../../reactor/tls/tls_transport.h"

namespace sluice::tools::talk {
namespace {

constexpr std::size_t kMaxShown = 255;  // bytes of a name that the peer has chosen

TlsClientOptions read_options(const TlsSettings& settings) {
  TlsClientOptions options;
  if (!settings.ca.empty()) {
    options.ca = read_pem(settings.ca);
    options.ca_name = settings.ca;
  }
  if (!settings.cert.empty()) {
    options.certificate = TlsCertificate::from_files(
        settings.cert, settings.key.empty() ? settings.cert : settings.key);
  }
  options.alpn = settings.alpn;
  options.insecure_no_verify = settings.insecure_no_verify;
  return options;
}

TransportFactory server_of(const TlsSettings& settings) {
  TlsServerOptions options;
  options.certificates.push_back(TlsCertificate::from_files(
      settings.cert, settings.key.empty() ? settings.cert : settings.key));
  options.alpn = settings.alpn;
  if (!settings.ca.empty()) {
    options.client_certificates = TlsClientCertificates::required;
    options.client_ca = read_pem(settings.ca);
    options.client_ca_name = settings.ca;
  }
  return TlsServer(options).transport();
}

}  // namespace

bool TlsLink::is_built_in() noexcept { return true; }

std::string TlsLink::describe(const Connection& connection) {
  const TlsTransport* tls = TlsTransport::of(connection);
  if (tls == nullptr) return {};
  std::string text(tls->version());
  text += ", " + std::string(tls->cipher());
  text += tls->alpn().empty() ? ", no ALPN" : ", ALPN " + escape(tls->alpn(), kMaxShown);
  if (tls->peer_verified()) return text + ", peer " + escape(tls->peer_name(), kMaxShown);
  const std::optional<TlsPeerCertificate> certificate = tls->peer_certificate();
  if (!certificate) return text + ", peer without a certificate";
  return text + ", peer not verified: " + escape(certificate->subject, kMaxShown);
}

TlsLink::TlsLink(const TlsSettings& settings)
    : name_(settings.serves ? "" : settings.name),
      transport_(settings.serves ? server_of(settings)
                                 : TlsClient(read_options(settings)).transport(settings.name)) {
  if (!settings.start) return;
  transport_ = start_tls(*settings.start, settings.name, std::move(transport_));
}

std::string TlsLink::explain(std::error_code reason) const {
  if (reason == CloseReason::open_failed) return "the peer closed during the TLS handshake";
  if (is_not_tls_error(reason)) return "the peer does not speak TLS (" + reason.message() + ')';
  if (is_certificate_error(reason) && !name_.empty()) {
    return reason.message() + " (expected " + quote(name_) + ')';
  }
  return reason.message();
}

}  // namespace sluice::tools::talk
