// Reads a certificate of OpenSSL. Only for reactor/tls; not installed.
#ifndef SLUICE_REACTOR_TLS_TLS_NAMES_H
#define SLUICE_REACTOR_TLS_TLS_NAMES_H

#include <string>
#include <string_view>
#include <vector>

#include "tls_handles.h"
#include "tls_peer_certificate.h"

namespace sluice {

// Its names of hosts and addresses, at most kMaxNames. If it has none, its common name.
inline constexpr std::size_t kMaxNames = 1000;
std::vector<std::string> names_of(X509* certificate);
TlsPeerCertificate describe(X509* certificate);
// Whether `pattern`, which may begin with "*.", is for `host`, in any case of letters.
bool matches_name(std::string_view pattern, std::string_view host) noexcept;

}  // namespace sluice

#endif
