#include "tls_error.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <new>
#include <string>

#include "tls_errors.h"

namespace sluice {

namespace {

// The values of TlsErrc are below kVerify, the reasons of X509_V_ERR_... are between the two. The
// number of a library is in the upper bits of OpenSSL's own values, which are all above kOpenssl.
constexpr int kVerify = 0x10000;
constexpr int kOpenssl = 1 << 20;

class TlsCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "tls"; }
  [[nodiscard]] std::string message(int value) const override {
    if (value >= kOpenssl) {
      const char* reason = ERR_reason_error_string(static_cast<unsigned long>(value));
      return reason != nullptr ? reason : "OpenSSL's error " + std::to_string(value);
    }
    if (value >= kVerify) {
      return std::string("the peer's certificate: ") +
             X509_verify_cert_error_string(value - kVerify);
    }
    switch (static_cast<TlsErrc>(value)) {
      case TlsErrc::truncated:
        return "the peer closed without close_notify";
      case TlsErrc::setting:
        return "invalid setting of TLS";
      case TlsErrc::unknown:
        break;
    }
    return "OpenSSL failed and gave no reason";
  }
};

// The reason of an error of libssl, or 0. Other libraries of OpenSSL have other reasons with the
// same numbers.
int ssl_reason(std::error_code error) noexcept {
  if (error.category() != tls_category() || error.value() < kOpenssl) return 0;
  const auto value = static_cast<unsigned long>(error.value());
  return ERR_GET_LIB(value) == ERR_LIB_SSL ? ERR_GET_REASON(value) : 0;
}

}  // namespace

const std::error_category& tls_category() noexcept {
  static const TlsCategory category;
  return category;
}

std::error_code make_error_code(TlsErrc error) noexcept {
  return {static_cast<int>(error), tls_category()};
}

bool is_certificate_error(std::error_code error) noexcept {
  if (ssl_reason(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return true;
  return error.category() == tls_category() && error.value() >= kVerify && error.value() < kOpenssl;
}

bool is_not_tls_error(std::error_code error) noexcept {
  switch (ssl_reason(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:  // a client's error for text
    case SSL_R_HTTP_REQUEST:          // the others are errors of a server
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
      return true;
    default:
      return false;
  }
}

std::error_code take_tls_error() noexcept {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return TlsErrc::unknown;
  if (ERR_SYSTEM_ERROR(first)) return {ERR_GET_REASON(first), std::generic_category()};
  if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE) {
    return std::make_error_code(std::errc::not_enough_memory);
  }
  return {static_cast<int>(first), tls_category()};
}

std::error_code verify_error(long reason) noexcept {
  return {kVerify + static_cast<int>(reason), tls_category()};
}

void throw_tls_error(const std::string& what) {
  const std::error_code error = take_tls_error();
  if (error == std::errc::not_enough_memory) throw std::bad_alloc();
  throw std::system_error(error, what);
}

}  // namespace sluice
