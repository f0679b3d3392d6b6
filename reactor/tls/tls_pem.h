// Parses PEM into OpenSSL's objects and contexts. Only for reactor/tls; not installed.
//
// Errors: std::system_error that names the setting, std::bad_alloc.
#ifndef SLUICE_REACTOR_TLS_TLS_PEM_H
#define SLUICE_REACTOR_TLS_TLS_PEM_H

#include <string>
#include <vector>

#include "tls_certificate.h"
#include "tls_handles.h"

namespace sluice {

// More certificates than this in one text are an error.
inline constexpr std::size_t kMaxCertificates = 1000;

// Answers OpenSSL's question for the phrase of an encrypted key: there is none. Otherwise OpenSSL
// would ask on the terminal.
int no_phrase(char* buffer, int size, int writing, void* data);
// All certificates of `pem`, at least one.
std::vector<X509Handle> parse_certificates(const std::string& pem, const std::string& name);
// Gives `context` the certificate, its chain and its key, which must belong together.
void use_certificate(SSL_CTX* context, const TlsCertificate& certificate);
// Makes `context` trust the certificates of `pem`, and nothing else.
void use_roots(SSL_CTX* context, const std::string& pem, const std::string& name);

}  // namespace sluice

#endif
