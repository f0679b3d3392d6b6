#include "host_and_port.h"

#include <cstddef>

#include "quote.h"

namespace sluice {
namespace {

using Split = std::variant<HostAndPort, std::string>;

std::string missing_port(std::string_view host, const HostAndPortWords& allowed) {
  return "port is missing after " + quote(host) + "; allowed: " + std::string(allowed.ports);
}

Split split_bracketed(std::string_view text, const HostAndPortWords& allowed) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) {
    return "host " + quote(text) + " has no closing ]; an IPv6 address is written [IPv6]:PORT";
  }
  const std::string_view rest = text.substr(end + 1);
  const std::string_view host = text.substr(0, end + 1);
  if (rest.empty()) return missing_port(host, allowed);
  if (rest.front() != ':') {
    return quote(rest) + " follows " + quote(host) + " where :PORT is expected";
  }
  return HostAndPort{host.substr(1, host.size() - 2), true, rest.substr(1)};
}

}  // namespace

std::variant<HostAndPort, std::string> split_host_and_port(std::string_view text,
                                                           const HostAndPortWords& allowed) {
  if (text.starts_with('[')) return split_bracketed(text, allowed);
  const std::size_t colon = text.find(':');
  if (colon != text.npos && text.find(':', colon + 1) != text.npos) {
    return "host of " + quote(text) + " has no brackets; an IPv6 address is written [IPv6]:PORT";
  }
  if (text.empty() || colon == 0) return "host is empty; allowed: " + std::string(allowed.hosts);
  if (colon == text.npos) return missing_port(text, allowed);
  return HostAndPort{text.substr(0, colon), false, text.substr(colon + 1)};
}

}  // namespace sluice
