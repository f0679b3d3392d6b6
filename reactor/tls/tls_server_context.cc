#include "tls_server_context.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "tls_alpn.h"
#include "tls_error.h"
#include "tls_errors.h"
#include "tls_names.h"
#include "tls_pem.h"
#include "tls_profile.h"

namespace sluice {

namespace {

void free_data(void* /*parent*/, void* data, CRYPTO_EX_DATA* /*all*/, int /*index*/,
               long /*number*/, void* /*argument*/) {
  delete static_cast<TlsServerData*>(data);
}

int data_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_data);
  return index;
}

// --- What OpenSSL calls during a handshake ---

int choose_certificate(SSL* ssl, int* /*alert*/, void* /*argument*/) {
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const TlsServerData& first = *server_data(SSL_get_SSL_CTX(ssl)).first;
  const auto is_for = [host](const TlsServerData& data) {
    return std::any_of(data.names.begin(), data.names.end(),
                       [host](const std::string& name) { return matches_name(name, host); });
  };
  if (is_for(first)) return SSL_TLSEXT_ERR_OK;
  for (const TlsContext& other : first.others) {
    if (!is_for(server_data(other.get()))) continue;
    return SSL_set_SSL_CTX(ssl, other.get()) != nullptr ? SSL_TLSEXT_ERR_OK
                                                        : SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return SSL_TLSEXT_ERR_OK;
}

int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
  const std::string& ours = server_data(SSL_get_SSL_CTX(ssl)).first->alpn;
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int staple(SSL* ssl, void* /*argument*/) {
  const std::string& response = server_data(SSL_get_SSL_CTX(ssl)).ocsp;
  if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
  void* copy = OPENSSL_memdup(response.data(), response.size());  // OpenSSL frees it
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

int prepare_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int encrypt) {
  TlsTickets& tickets = *server_data(SSL_get_SSL_CTX(ssl)).first->tickets;
  return tickets.prepare(name, iv, cipher, mac, encrypt == 1, TlsTickets::Clock::now());
}

// --- Set-up ---

TlsServerData& give_data(SSL_CTX* context) {
  ERR_clear_error();
  auto data = std::make_unique<TlsServerData>();
  if (SSL_CTX_set_ex_data(context, data_index(), data.get()) != 1) throw_tls_error("TLS server");
  return *data.release();
}

void set_clients(SSL_CTX* context, const TlsServerOptions& options) {
  if (options.client_certificates == TlsClientCertificates::off) return;
  if (options.client_ca.empty()) {
    throw std::system_error(TlsErrc::setting,
                            "client certificates are asked for, but there is no client CA");
  }
  use_roots(context, options.client_ca, options.client_ca_name);
  for (const X509Handle& root : parse_certificates(options.client_ca, options.client_ca_name)) {
    if (SSL_CTX_add_client_CA(context, root.get()) != 1) throw_tls_error(options.client_ca_name);
  }
  const bool required = options.client_certificates == TlsClientCertificates::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
}

void set_tickets(SSL_CTX* context, TlsServerData& data, std::chrono::seconds life) {
  static constexpr unsigned char kSessions[] = "sluice";  // asked for with client certificates
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  if (life.count() <= 0) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  data.tickets = std::make_unique<TlsTickets>(life);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, prepare_ticket);
}

void set_ocsp(SSL_CTX* context, TlsServerData& data, const TlsCertificate& certificate) {
  if (certificate.ocsp.empty()) return;
  const auto* bytes = reinterpret_cast<const unsigned char*>(certificate.ocsp.data());
  ERR_clear_error();
  OCSP_RESPONSE* response =
      d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(certificate.ocsp.size()));
  if (response == nullptr) throw_tls_error("OCSP response for " + certificate.chain_name);
  const int status = OCSP_response_status(response);
  OCSP_RESPONSE_free(response);
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    throw std::system_error(TlsErrc::setting, "OCSP response for " + certificate.chain_name +
                                                  ": its status is " +
                                                  OCSP_response_status_str(status));
  }
  data.ocsp = certificate.ocsp;
  SSL_CTX_set_tlsext_status_cb(context, staple);
}

void add_certificate(SSL_CTX* context, const TlsCertificate& certificate) {
  use_certificate(context, certificate);
  TlsServerData& data = server_data(context);
  X509* leaf = SSL_CTX_get0_certificate(context);
  if (data.names.empty()) data.names = names_of(leaf);
  data.key_types.push_back(EVP_PKEY_get_base_id(X509_get0_pubkey(leaf)));
  set_ocsp(context, data, certificate);
}

// A context of `first` that has the same names and no key of that type yet; null if there is none.
SSL_CTX* companion(SSL_CTX* first, const TlsCertificate& certificate) {
  const std::vector<X509Handle> chain =
      parse_certificates(certificate.chain, certificate.chain_name);
  const std::vector<std::string> names = names_of(chain.front().get());
  const int type = EVP_PKEY_get_base_id(X509_get0_pubkey(chain.front().get()));
  const auto suits = [&](const TlsServerData& data) {
    return data.names == names &&
           std::find(data.key_types.begin(), data.key_types.end(), type) == data.key_types.end();
  };
  if (suits(server_data(first))) return first;
  for (const TlsContext& other : server_data(first).others) {
    if (suits(server_data(other.get()))) return other.get();
  }
  return nullptr;
}

TlsContext make_one(const TlsServerOptions& options, TlsServerData* first) {
  TlsContext made = make_tls_context(TlsRole::server, options.profile);
  TlsServerData& data = give_data(made.get());
  data.first = first != nullptr ? first : &data;
  set_clients(made.get(), options);
  if (!options.alpn.empty()) SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, nullptr);
  return made;
}

}  // namespace

TlsServerData& server_data(const ssl_ctx_st* context) noexcept {
  return *static_cast<TlsServerData*>(SSL_CTX_get_ex_data(context, data_index()));
}

TlsContext make_server_context(const TlsServerOptions& options) {
  if (options.certificates.empty()) {
    throw std::system_error(TlsErrc::setting, "a TLS server needs a certificate");
  }
  TlsContext made = make_one(options, nullptr);
  SSL_CTX* context = made.get();
  TlsServerData& data = server_data(context);
  data.alpn = alpn_wire(options.alpn);
  data.max_handshakes = options.max_handshakes;
  set_tickets(context, data, options.ticket_life);
  SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  for (const TlsCertificate& certificate : options.certificates) {
    SSL_CTX* place = data.key_types.empty() ? context : companion(context, certificate);
    if (place == nullptr) {
      data.others.push_back(make_one(options, &data));
      place = data.others.back().get();
    }
    add_certificate(place, certificate);
  }
  return made;
}

}  // namespace sluice
