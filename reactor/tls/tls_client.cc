#include "tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <new>
#include <system_error>
#include <utility>

#include "../base/address.h"
#include "tls_alpn.h"
#include "tls_error.h"
#include "tls_errors.h"
#include "tls_handles.h"
#include "tls_pem.h"
#include "tls_profile.h"
#include "tls_transport.h"

namespace sluice {

namespace {

// RFC 1035, section 2.3.4.
constexpr std::size_t kMaxHost = 253;

// Without the dot of an absolute name, which certificates and SNI do not have.
std::string checked_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kMaxHost || host.find('\0') != std::string_view::npos) {
    throw std::system_error(TlsErrc::setting, "a host of " + std::to_string(host.size()) +
                                                  " bytes; 1-253, none of them NUL, are allowed");
  }
  return std::string(host);
}

}  // namespace

TlsClient::TlsClient(const TlsClientOptions& options)
    : context_(make_tls_context(TlsRole::client, options.profile)),
      verify_(!options.insecure_no_verify) {
  SSL_CTX* context = context_.get();
  if (verify_) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!options.ca.empty()) {
      use_roots(context, options.ca, options.ca_name);
    } else if (SSL_CTX_set_default_verify_paths(context) != 1) {
      throw_tls_error("the system's certificates");
    }
  }
  if (!options.certificate.chain.empty()) use_certificate(context, options.certificate);
  const std::string alpn = alpn_wire(options.alpn);
  ERR_clear_error();
  if (!alpn.empty() &&
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size())) != 0) {
    throw_tls_error("alpn");
  }
}

TransportFactory TlsClient::transport(std::string_view host) const {
  const std::string name = checked_host(host);
  const bool is_address = Address::from_ip(name, 0).has_value();
  return [context = context_, name, is_address, verify = verify_](
             Wire wire, const Address& /*peer*/) -> std::unique_ptr<Transport> {
    ERR_clear_error();
    SslHandle ssl(SSL_new(context.get()));
    if (ssl == nullptr) throw_tls_error("TLS connection");
    SSL_set_connect_state(ssl.get());
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl.get());
    const bool named = !is_address && SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1;
    bool expects = !verify;
    if (verify && is_address) expects = X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1;
    if (verify && !is_address) expects = SSL_set1_host(ssl.get(), name.c_str()) == 1;
    if (!expects || (!is_address && !named)) throw_tls_error(name);
    return std::unique_ptr<Transport>(new TlsTransport(ssl.release(), wire));
  };
}

}  // namespace sluice
