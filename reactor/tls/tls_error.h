// What went wrong in TLS, as a std::error_code: for on_close(), and in what set-up throws.
//
// What it is: an error category whose name is "tls". A value is one of TlsErrc, or of OpenSSL's own
// errors, or a reason for which it rejected a certificate. message() has OpenSSL's words for it,
// such as "wrong version number" or "the peer's certificate: certificate has expired".
// A failed system call keeps its errno in std::generic_category().
// Thread: any.
#ifndef SLUICE_REACTOR_TLS_TLS_ERROR_H
#define SLUICE_REACTOR_TLS_TLS_ERROR_H

#include <system_error>

#include "../base/export.h"

namespace sluice {

enum class TlsErrc {
  // The peer ended the connection below TLS, without the close_notify that ends it in order.
  // Somebody else may have cut it off: what it sent may not be all.
  truncated = 1,
  // OpenSSL failed and gave no reason.
  unknown = 2,
  // A setting that cannot be met; the text of the exception says which.
  setting = 3
};

SLUICE_EXPORT const std::error_category& tls_category() noexcept;
SLUICE_EXPORT std::error_code make_error_code(TlsErrc error) noexcept;
// Whether the peer's certificate was rejected, or the peer sent none where one is required.
SLUICE_EXPORT bool is_certificate_error(std::error_code error) noexcept;
// Whether the peer has sent something that is not TLS, such as a greeting in plain text.
SLUICE_EXPORT bool is_not_tls_error(std::error_code error) noexcept;

}  // namespace sluice

template <>
struct std::is_error_code_enum<sluice::TlsErrc> : std::true_type {};

#endif
