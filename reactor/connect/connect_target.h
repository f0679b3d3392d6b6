// What Connector::connect_to() is asked to connect to, read from text. Only for Connector.
//
//   tcp://localhost:7007   tls://example.com:https   tcp://[::1]:80   unix:///run/x.sock
//
// What it is: a value. A host is an IP address, in brackets if it is IPv6, or a name; a port is
// 1-65535 or a name in services(5).
// Errors: read() and of_service() throw std::invalid_argument, which says what was read, what is
// wrong and what is allowed.
// Thread: a value; a name of a service reads the host's database (service_names.h).
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_TARGET_H
#define SLUICE_REACTOR_CONNECT_CONNECT_TARGET_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../base/address.h"

namespace sluice {

struct ConnectTarget {
  static ConnectTarget read(std::string_view text);
  // TCP. `host` is without brackets.
  static ConnectTarget of_service(std::string_view host, std::string_view service);

  bool is_tls = false;
  std::string host{};                // as it was written, without brackets; empty for a Unix socket
  std::optional<Address> address{};  // if no lookup is needed
  std::uint16_t port = 0;
};

}  // namespace sluice

#endif
