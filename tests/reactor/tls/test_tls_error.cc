#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <string>

#include <criterion/criterion.h>

#include "reactor/tls/tls_errors.h"
#include <sluice/tls_error.h>

using namespace sluice;

Test(tls_error, has_openssls_words) {
  // As the first context does.
  cr_assert(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr) == 1);
  ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  const std::error_code error = take_tls_error();
  cr_expect(error.category() == tls_category());
  cr_expect(error.message() == "wrong version number", "the first: %s", error.message().c_str());
  cr_expect(ERR_peek_error() == 0, "the queue is empty");
  cr_expect(take_tls_error() == TlsErrc::unknown);
}

Test(tls_error, keeps_an_errno_as_one) {
  ERR_raise(ERR_LIB_SYS, ENOENT);
  cr_expect(take_tls_error() == std::errc::no_such_file_or_directory);
  ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
  cr_expect(take_tls_error() == std::errc::not_enough_memory);
}

Test(tls_error, tells_certificates_from_the_rest) {
  const std::error_code expired = verify_error(X509_V_ERR_CERT_HAS_EXPIRED);
  cr_expect(expired.message() == "the peer's certificate: certificate has expired");
  cr_expect(is_certificate_error(expired));
  ERR_raise(ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE);
  cr_expect(is_certificate_error(take_tls_error()));
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  cr_expect(!is_certificate_error(take_tls_error()));
  cr_expect(!is_certificate_error(make_error_code(TlsErrc::truncated)));
  cr_expect(!is_certificate_error(std::error_code(EPIPE, std::generic_category())));
}

Test(tls_error, knows_what_is_not_tls) {
  for (const int reason : {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST}) {
    ERR_raise(ERR_LIB_SSL, reason);
    cr_expect(is_not_tls_error(take_tls_error()));
  }
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  cr_expect(!is_not_tls_error(take_tls_error()));
  cr_expect(!is_not_tls_error(verify_error(X509_V_ERR_CERT_HAS_EXPIRED)));
  cr_expect(!is_not_tls_error(std::error_code(SSL_R_HTTP_REQUEST, std::generic_category())));
}

Test(tls_error, is_not_misled_by_the_same_reason_of_another_library) {
  for (const int reason : {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST,
                           SSL_R_HTTPS_PROXY_REQUEST, SSL_R_UNKNOWN_PROTOCOL}) {
    ERR_raise(ERR_LIB_ASN1, reason);
    cr_expect(!is_not_tls_error(take_tls_error()), "reason %d", reason);
  }
  ERR_raise(ERR_LIB_ASN1, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE);
  cr_expect(!is_certificate_error(take_tls_error()));
}
