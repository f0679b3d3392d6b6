// HOST:PORT in its two parts.
//
// What it is: a pure function over text. An IPv6 address stands in brackets; whether the host and
// the port are valid is for the caller to check.
// Thread: any. Errors: in the result; std::bad_alloc. Source: RFC 3986, 3.2.2.
#ifndef SLUICE_REACTOR_BASE_TEXT_HOST_AND_PORT_H
#define SLUICE_REACTOR_BASE_TEXT_HOST_AND_PORT_H

#include <string>
#include <string_view>
#include <variant>

namespace sluice {

struct HostAndPort {
  std::string_view host;  // without its brackets
  bool bracketed;
  std::string_view port;  // may be empty

  // The host as it was written.
  [[nodiscard]] std::string written_host() const {
    return bracketed ? "[" + std::string(host) + "]" : std::string(host);
  }
};

// What messages say is allowed.
struct HostAndPortWords {
  std::string_view hosts;
  std::string_view ports;
};

// The parts, which refer to `text`; or what is wrong with it.
std::variant<HostAndPort, std::string> split_host_and_port(std::string_view text,
                                                           const HostAndPortWords& allowed);

}  // namespace sluice

#endif
