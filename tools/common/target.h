// The endpoint to talk to or to serve at, whose host may be a name.
//
//   tcp://example.org:80   localhost:7007   udp://[::1]:53   unix:///run/x.sock
//
// What it is: values, and pure parsers; nothing is looked up.
// Errors: the parsers throw UsageError that names the part, what was read and what is allowed.
#ifndef SLUICE_TOOLS_COMMON_TARGET_H
#define SLUICE_TOOLS_COMMON_TARGET_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/endpoint.h"

namespace sluice::tools {

// "tcp://example.org:80": a host whose addresses are not known yet. A name in Unicode has become
// its ASCII form (international_name.h).
struct NamedHost {
  Scheme scheme = Scheme::tcp;
  std::string name;
  std::uint16_t port = 0;

  [[nodiscard]] std::vector<Endpoint> at(const std::vector<Address>& addresses) const;
};

// Nothing if the text is not a TCP or UDP endpoint whose host is a name.
std::optional<NamedHost> parse_named_host(std::string_view text);

// An endpoint whose host is not a name. `hosts` lists the allowed hosts for the message, names
// included: "a name, a.b.c.d or [IPv6]".
Endpoint parse_numeric_endpoint(const std::string& text, std::string_view hosts);

// An endpoint or a host whose addresses have to be looked up.
struct Target {
  std::optional<Endpoint> endpoint;
  NamedHost host;    // unless there is an endpoint
  std::string text;  // with its scheme, fit for a message

  [[nodiscard]] Scheme scheme() const noexcept {
    return endpoint ? endpoint->scheme() : host.scheme;
  }
  [[nodiscard]] std::uint16_t port() const noexcept {
    return endpoint ? endpoint->address().port() : host.port;
  }
};

// Without a scheme it is tcp.
Target parse_target(std::string_view text);

}  // namespace sluice::tools

#endif
