// Takes errors out of OpenSSL's queue, one for each thread. Only for reactor/tls; not installed.
//
// Each call of OpenSSL whose error is looked at begins with ERR_clear_error(): an error that an
// earlier call has left would be taken for its own.
#ifndef SLUICE_REACTOR_TLS_TLS_ERRORS_H
#define SLUICE_REACTOR_TLS_TLS_ERRORS_H

#include <string>
#include <system_error>

namespace sluice {

// The first error of the queue, which it empties. TlsErrc::unknown if there is none.
std::error_code take_tls_error() noexcept;
// The reason, X509_V_ERR_..., for which a certificate was rejected.
std::error_code verify_error(long reason) noexcept;
// Throws std::bad_alloc if the queue says so, else std::system_error with the first error. `what`
// names the setting, and the file or name that it was read from.
[[noreturn]] void throw_tls_error(const std::string& what);

}  // namespace sluice

#endif
