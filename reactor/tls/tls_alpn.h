// The list of protocols of ALPN in the form of the wire. Only for reactor/tls; not installed.
// Source: RFC 7301.
#ifndef SLUICE_REACTOR_TLS_TLS_ALPN_H
#define SLUICE_REACTOR_TLS_TLS_ALPN_H

#include <string>
#include <vector>

namespace sluice {

// Each name with its length before it. Throws TlsErrc::setting for a name that is empty or longer
// than 255 bytes, and for more than 65,535 bytes in all.
std::string alpn_wire(const std::vector<std::string>& names);

}  // namespace sluice

#endif
