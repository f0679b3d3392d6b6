#include "endpoint.h"

#include <array>
#include <cassert>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "text/host_and_port.h"
#include "text/quote.h"

namespace sluice {
namespace {

using Parsed = std::variant<Endpoint, EndpointError>;

constexpr std::string_view kHosts = "a.b.c.d, [IPv6] and *";
constexpr std::string_view kPorts = "0-65535";
constexpr std::string_view kSeparator = "://";
constexpr std::array kSchemes = {Scheme::tcp, Scheme::udp, Scheme::unix_stream};

template <typename... Parts>
EndpointError error(const Parts&... parts) {
  EndpointError result;
  (result.message.append(parts), ...);
  return result;
}

Parsed parse_path(std::string_view path) {
  if (const auto address = Address::from_path(path)) {
    return Endpoint(Scheme::unix_stream, *address);
  }
  const std::string limit = std::to_string(Address::kMaxPath);
  if (path.empty()) return error("path is empty; allowed: 1-", limit, " bytes");
  if (path.size() > Address::kMaxPath) {
    return error("path ", quote(path), " has ", std::to_string(path.size()), " bytes; allowed: 1-",
                 limit);
  }
  if (path.find('\0') != std::string_view::npos) {
    return error("path ", quote(path), " holds a NUL; every other byte is allowed");
  }
  return error("path ", quote(path),
               " starts with @, which marks an abstract name; a file of that name is ",
               quote("./" + std::string(path)));
}

std::optional<EndpointError> parse_port(const HostAndPort& part, std::uint16_t& port) {
  const std::string_view text = part.port;
  if (text.empty()) {
    return error("port is missing after ", quote(part.written_host() + ":"), "; allowed: ", kPorts);
  }
  if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    return error("port ", quote(text), " is not a decimal number in ", kPorts);
  }
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, port).ec == std::errc()) return {};
  if (text.size() > kMaxQuoted) return error("port ", quote(text), " is not in ", kPorts);
  return error("port ", text, " is not in ", kPorts);
}

std::optional<Address> parse_host(const HostAndPort& part, std::uint16_t port) {
  auto address = Address::from_ip(part.host, port);
  const int family = part.bracketed ? AF_INET6 : AF_INET;
  if (address && address->family() != family) return {};
  return address;
}

EndpointError host_error(const HostAndPort& part) {
  if (!part.bracketed) {
    return error("host ", quote(part.host), " is not a numeric address; allowed: ", kHosts);
  }
  const std::size_t percent = part.host.find('%');
  if (percent != std::string_view::npos &&
      parse_host({part.host.substr(0, percent), true, part.port}, 0)) {
    return error("zone ", quote(part.host.substr(percent + 1)),
                 " is not the name or number of an interface");
  }
  return error("host ", quote(part.host), " in brackets is not an IPv6 address");
}

Parsed parse_ip(Scheme scheme, std::string_view text) {
  const auto parts = split_host_and_port(text, {kHosts, kPorts});
  if (const auto* wrong = std::get_if<std::string>(&parts)) return EndpointError{*wrong};
  const auto& part = std::get<HostAndPort>(parts);
  std::uint16_t port = 0;
  auto bad_port = parse_port(part, port);
  if (!part.bracketed && part.host == "*") {
    if (bad_port) return *bad_port;
    return Endpoint::wildcard(scheme, port);
  }
  const auto address = parse_host(part, port);
  if (!address) return host_error(part);
  if (bad_port) return *bad_port;
  return Endpoint(scheme, *address);
}

}  // namespace

std::string_view to_string(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::tcp:
      return "tcp";
    case Scheme::udp:
      return "udp";
    case Scheme::unix_stream:
      break;
  }
  return "unix";
}

Endpoint::Endpoint(Scheme scheme, const Address& address) noexcept
    : scheme_(scheme), address_(address) {
  assert(scheme == Scheme::unix_stream ? !address.is_ip() : !address.is_unix());
}

Endpoint Endpoint::wildcard(Scheme scheme, std::uint16_t port) noexcept {
  assert(scheme != Scheme::unix_stream);
  Endpoint result(scheme, Address::any(AF_INET6, port));
  result.any_family_ = true;
  return result;
}

std::variant<Endpoint, EndpointError> Endpoint::parse(std::string_view text) {
  const std::size_t end = text.find(kSeparator);
  if (end == std::string_view::npos) {
    const std::string_view before_colon = text.substr(0, text.find(':'));
    for (const Scheme scheme : kSchemes) {
      if (before_colon.size() == text.size() || before_colon != sluice::to_string(scheme)) continue;
      return error(quote(text), " has no // after ", quote(std::string(before_colon) + ':'),
                   "; allowed: tcp://, udp:// and unix://");
    }
    return error(quote(text), " has no scheme; allowed: tcp://, udp:// and unix://");
  }
  const std::string_view name = text.substr(0, end);
  const std::string_view rest = text.substr(end + kSeparator.size());
  for (const Scheme scheme : kSchemes) {
    if (name != sluice::to_string(scheme)) continue;
    return scheme == Scheme::unix_stream ? parse_path(rest) : parse_ip(scheme, rest);
  }
  return error("scheme ", quote(name), " is not tcp, udp or unix");
}

Endpoint Endpoint::from(std::string_view text) {
  auto parsed = parse(text);
  if (const auto* wrong = std::get_if<EndpointError>(&parsed)) {
    throw std::invalid_argument("endpoint " + quote(text) + ": " + wrong->message);
  }
  return std::get<Endpoint>(parsed);
}

Endpoint Endpoint::with_address(const Address& address) const noexcept {
  Endpoint result(scheme_, address);
  result.any_family_ = any_family_;
  return result;
}

std::string Endpoint::to_string() const {
  std::string result(sluice::to_string(scheme_));
  result.append(kSeparator);
  if (any_family_) return result + "*:" + std::to_string(address_.port());
  return result + address_.to_string();
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
  if (a.scheme_ != b.scheme_ || a.any_family_ != b.any_family_) return false;
  return a.any_family_ ? a.address_.port() == b.address_.port() : a.address_ == b.address_;
}

}  // namespace sluice
