#include "tls_pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <system_error>

#include "tls_error.h"
#include "tls_errors.h"

namespace sluice {

namespace {

BioHandle memory_of(const std::string& text, const std::string& name) {
  ERR_clear_error();
  BioHandle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) throw_tls_error(name);
  return bio;
}

// Whether the queue says only that the text has no more certificates.
bool is_end() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

KeyHandle parse_key(const TlsCertificate& certificate) {
  // OpenSSL would only say "unsupported".
  if (certificate.key.find("PRIVATE KEY-----") == std::string::npos) {
    throw std::system_error(TlsErrc::setting, certificate.key_name + " has no private key in PEM");
  }
  const BioHandle text = memory_of(certificate.key, certificate.key_name);
  KeyHandle key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_phrase, nullptr));
  if (key == nullptr) throw_tls_error(certificate.key_name);
  return key;
}

}  // namespace

int no_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

std::vector<X509Handle> parse_certificates(const std::string& pem, const std::string& name) {
  if (pem.size() > kMaxPem) throw std::system_error(EFBIG, std::generic_category(), name);
  const BioHandle text = memory_of(pem, name);
  std::vector<X509Handle> all;
  for (;;) {
    X509Handle next(PEM_read_bio_X509(text.get(), nullptr, no_phrase, nullptr));
    if (next == nullptr) break;
    all.push_back(std::move(next));
    if (all.size() > kMaxCertificates) {
      throw std::system_error(TlsErrc::setting, name + ": more than 1000 certificates");
    }
  }
  if (!is_end()) throw_tls_error(name);
  if (all.empty()) throw std::system_error(TlsErrc::setting, name + " has no certificate in PEM");
  ERR_clear_error();
  return all;
}

void use_certificate(SSL_CTX* context, const TlsCertificate& certificate) {
  std::vector<X509Handle> chain = parse_certificates(certificate.chain, certificate.chain_name);
  const KeyHandle key = parse_key(certificate);
  ERR_clear_error();
  // Said here by name: a key of another type would only make the handshakes fail.
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    throw_tls_error(certificate.key_name + " is not the key of " + certificate.chain_name);
  }
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    throw_tls_error(certificate.chain_name);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) throw_tls_error(certificate.key_name);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      throw_tls_error(certificate.chain_name);
    }
  }
}

void use_roots(SSL_CTX* context, const std::string& pem, const std::string& name) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Handle& root : parse_certificates(pem, name)) {
    if (X509_STORE_add_cert(store, root.get()) != 1) throw_tls_error(name);
  }
}

}  // namespace sluice
