// A DNS server that is asked over TLS, as the command line names it. Plain data.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_TLS_SERVER_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_TLS_SERVER_H

#include <cstdint>
#include <string>
#include <vector>

#include "../../reactor/base/address.h"

namespace sluice::tools::lookup {

inline constexpr std::uint16_t kDnsTlsPort = 853;  // RFC 7858, 3.1

struct TlsServer {
  Address address;
  std::string name;  // that its certificate must have; the address if none was given
  std::string text;  // "tls://192.0.2.1:853#dns.example", fit for a message
};

struct TlsAsking {
  std::vector<TlsServer> servers;  // empty: the addresses of /etc/resolv.conf
  std::string ca;                  // file of the roots to trust; empty: those of the system
};

// `name`: empty if none was given.
TlsServer tls_server(const Address& address, const std::string& name);

}  // namespace sluice::tools::lookup

#endif
