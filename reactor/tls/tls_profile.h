// What the contexts of servers and clients have in common. Only for reactor/tls; not installed.
#ifndef SLUICE_REACTOR_TLS_TLS_PROFILE_H
#define SLUICE_REACTOR_TLS_TLS_PROFILE_H

#include <cstdint>

#include "tls_certificate.h"
#include "tls_context.h"

namespace sluice {

enum class TlsRole : std::uint8_t { server, client };

// A context with the versions, suites and modes of `profile`, and no certificates.
// Throws std::system_error, std::bad_alloc.
TlsContext make_tls_context(TlsRole role, TlsProfile profile);

}  // namespace sluice

#endif
