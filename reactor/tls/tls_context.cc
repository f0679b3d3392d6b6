#include "tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls_errors.h"
#include "tls_pem.h"
#include "tls_profile.h"

namespace sluice {

namespace {

// Mozilla's server side TLS guidelines, version 5.7, without the suites of finite fields (DHE),
// whose handshakes cost a server many times as much as a client.
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:prime256v1:secp384r1";

}  // namespace

TlsContext::TlsContext(const TlsContext& other) noexcept : context_(other.context_) {
  if (context_ != nullptr) SSL_CTX_up_ref(context_);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsContext make_tls_context(TlsRole role, TlsProfile profile) {
  ERR_clear_error();
  TlsContext made(SSL_CTX_new(role == TlsRole::server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* context = made.get();
  if (context == nullptr) throw_tls_error("TLS context");
  const int lowest = profile == TlsProfile::modern ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context, lowest) != 1 ||
      SSL_CTX_set_ciphersuites(context, kSuites13) != 1 ||
      SSL_CTX_set_cipher_list(context, kSuites12) != 1 ||
      SSL_CTX_set1_groups_list(context, kGroups) != 1) {
    throw_tls_error("TLS profile");
  }
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_SINGLE_ECDH_USE);
  // The chain that is sent is the one that was given: without NO_AUTO_CHAIN, OpenSSL would add the
  // roots that this side trusts. A buffer of 17 KB in each direction lives only while a record is
  // under way. The bytes of a repeated write are the same, but may have moved.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  // Kernel TLS would be SSL_OP_ENABLE_KTLS here, and a BIO on the descriptor instead of that of
  // tls_bio.cc.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, no_phrase);
  return made;
}

}  // namespace sluice
