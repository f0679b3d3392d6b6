// Owners of OpenSSL's objects. Only for reactor/tls; not installed.
#ifndef SLUICE_REACTOR_TLS_TLS_HANDLES_H
#define SLUICE_REACTOR_TLS_TLS_HANDLES_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace sluice {

template <auto Free>
struct FreedBy {
  template <class Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, FreedBy<&BIO_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreedBy<&EVP_PKEY_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, FreedBy<&GENERAL_NAMES_free>>;
using SslHandle = std::unique_ptr<SSL, FreedBy<&SSL_free>>;
using X509Handle = std::unique_ptr<X509, FreedBy<&X509_free>>;

}  // namespace sluice

#endif
