// The BIO through which OpenSSL reads and writes a Wire. Only for reactor/tls; not installed.
//
// What it is: OpenSSL's own BIO for sockets calls write(2), which raises SIGPIPE, and knows no
// stream in memory. This one calls the Wire, which does neither.
// Lifetime: the TlsWire must outlive the BIO that refers to it, and must not move.
#ifndef SLUICE_REACTOR_TLS_TLS_BIO_H
#define SLUICE_REACTOR_TLS_TLS_BIO_H

#include "tls_handles.h"
#include "tls_wire.h"

namespace sluice {

// Throws std::bad_alloc.
BioHandle make_bio(TlsWire& state);

}  // namespace sluice

#endif
