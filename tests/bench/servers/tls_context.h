// The certificate of a server that speaks TLS: BENCH_CERT and BENCH_KEY name its files.
#ifndef SLUICE_BENCH_TLS_CONTEXT_H
#define SLUICE_BENCH_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include <cstdlib>

#include "../common.h"

namespace bench {

inline const char* file_in(const char* variable) {
  const char* const file = std::getenv(variable);
  if (file == nullptr) fail(variable);
  return file;
}

// TLS 1.2 or later, and idle connections give back their buffers.
inline void prepare_context(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context, file_in("BENCH_CERT")) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, file_in("BENCH_KEY"), SSL_FILETYPE_PEM) != 1) {
    fail("certificate or key");
  }
}

}  // namespace bench

#endif
