#include "connect_target.h"

#include <charconv>
#include <stdexcept>

#include "../base/endpoint.h"
#include "../base/text/host_and_port.h"
#include "../base/text/host_name.h"
#include "../base/text/quote.h"
#include "../names/service_names.h"

namespace sluice {

namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kTls = "tls://";
constexpr std::string_view kUnixScheme = "unix://";

constexpr HostAndPortWords kAllowed{"a name, a.b.c.d and [IPv6]",
                                    "1-65535 or the name of a service"};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw std::invalid_argument("cannot connect to " + quote(text) + ": " + why);
}

std::uint16_t read_port(std::string_view text, std::string_view service) {
  if (service.empty()) refuse(text, "no port; allowed: " + std::string(kAllowed.ports));
  if (service.find_first_not_of("0123456789") == std::string_view::npos) {
    std::uint16_t port = 0;
    const char* const end = service.data() + service.size();
    if (std::from_chars(service.data(), end, port).ec == std::errc() && port > 0) return port;
    refuse(text, "port " + escape(service, kMaxQuoted) + " is not in 1-65535");
  }
  const auto named = ServiceNames::of_host().port(service, Scheme::tcp);
  if (!named) refuse(text, quote(service) + " is neither a port (1-65535) nor a TCP service");
  return *named;
}

// REQUIRES: `host` has no brackets.
ConnectTarget read_host(std::string_view text, std::string_view host, std::string_view service) {
  ConnectTarget target;
  target.host = host;
  target.port = read_port(text, service);
  target.address = Address::from_ip(host, target.port);
  if (host == "*") refuse(text, "* is for listening");
  if (!target.address && !is_host_name(host)) {
    refuse(text, quote(host) + " is neither an IP address nor a name of a host");
  }
  return target;
}

}  // namespace

ConnectTarget ConnectTarget::of_service(std::string_view host, std::string_view service) {
  const std::string text = std::string(host) + " port " + std::string(service);
  return read_host(text, host, service);
}

ConnectTarget ConnectTarget::read(std::string_view text) {
  if (text.starts_with(kUnixScheme)) {
    ConnectTarget target;
    target.address = Endpoint::from(text).address();
    return target;
  }
  const bool is_tls = text.starts_with(kTls);
  if (!is_tls && !text.starts_with(kTcp)) {
    refuse(text, "allowed are tcp://HOST:PORT, tls://HOST:PORT and unix://PATH");
  }
  const auto parts = split_host_and_port(text.substr(kTcp.size()), kAllowed);
  if (const auto* wrong = std::get_if<std::string>(&parts)) refuse(text, *wrong);
  const auto& part = std::get<HostAndPort>(parts);
  if (part.bracketed && part.host.find(':') == std::string_view::npos) {
    refuse(text, "brackets are for IPv6 addresses");
  }
  ConnectTarget target = read_host(text, part.host, part.port);
  target.is_tls = is_tls;
  return target;
}

}  // namespace sluice
