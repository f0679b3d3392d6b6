// Whom to talk to: an endpoint whose host may be a name.
//
//   tcp://example.org:80   localhost:7007   udp://[::1]:53   unix:///run/x.sock
//
// What it is: a value, and the function that looks its name up. Without a scheme it is tcp.
// Errors: parse_target() throws UsageError that names the part, what was read and what is allowed;
// candidates_of() throws NetworkError with the resolver's words.
// Source: POSIX.1-2017 getaddrinfo().
#ifndef SLUICE_TOOLS_SLUICE_TALK_TARGET_H
#define SLUICE_TOOLS_SLUICE_TALK_TARGET_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/endpoint.h"

namespace sluice {

struct Target {
  Transport transport = Transport::tcp;
  std::optional<Endpoint> endpoint;  // unless the host is a name
  std::string name;
  std::uint16_t port = 0;
  std::string text;  // with its scheme, fit for a message
};

Target parse_target(std::string_view text);

// Every address that the target has, in the order in which they are to be tried; one for a numeric
// one. At least one. Waits for as long as the system's resolver does.
std::vector<Endpoint> candidates_of(const Target& target);

}  // namespace sluice

#endif
