#include "target.h"

#include <utility>
#include <variant>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "international_name.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kMaxText = 1024;  // bytes of an endpoint in a message
constexpr std::string_view kAfterScheme = "://";

Endpoint endpoint_of(const std::string& text) {
  auto parsed = Endpoint::parse(text);
  if (const auto* wrong = std::get_if<EndpointError>(&parsed)) throw UsageError(wrong->message);
  return std::get<Endpoint>(std::move(parsed));
}

// "tcp://HOST:PORT" in its parts. No host: there is no colon behind the scheme.
struct Parts {
  std::string_view scheme, host, port;  // the port with its colon
};

Parts parts_of(std::string_view text) {
  Parts parts;
  const std::size_t scheme = text.find(kAfterScheme);
  if (scheme == text.npos) return parts;
  parts.scheme = text.substr(0, scheme);
  const std::string_view rest = text.substr(scheme + kAfterScheme.size());
  const std::size_t colon = rest.rfind(':');
  if (colon == rest.npos) return parts;
  parts.host = rest.substr(0, colon);
  parts.port = rest.substr(colon);
  return parts;
}

bool over_ip(std::string_view scheme) { return scheme == "tcp" || scheme == "udp"; }

// Whether it is "unix:/run/x" or "udp:host:53", which only the slashes are missing from. "udp:53"
// is a host and a port.
bool lacks_slashes(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return false;
  const std::string_view scheme = text.substr(0, colon);
  return (over_ip(scheme) || scheme == "unix") &&
         text.substr(colon + 1).find_first_not_of("0123456789") != text.npos;
}

}  // namespace

std::vector<Endpoint> NamedHost::at(const std::vector<Address>& addresses) const {
  std::vector<Endpoint> endpoints;
  for (Address address : addresses) {
    address.set_port(port);
    endpoints.emplace_back(scheme, address);
  }
  return endpoints;
}

std::optional<NamedHost> parse_named_host(std::string_view text) {
  const Parts parts = parts_of(text);
  if (!over_ip(parts.scheme) || parts.host.starts_with('[')) return {};
  std::string name = ascii_name(parts.host);
  if (!is_host_name(name)) return {};
  // The port is judged by the one parser that there is for it.
  const Endpoint with_port =
      endpoint_of(std::string(parts.scheme) + "://127.0.0.1" + std::string(parts.port));
  return NamedHost{with_port.scheme(), std::move(name), with_port.address().port()};
}

Endpoint parse_numeric_endpoint(const std::string& text, std::string_view hosts) {
  const Parts parts = parts_of(text);
  const bool numeric = parts.host == "*" || parts.host.starts_with('[') ||
                       (Address::from_ip(parts.host, 0) && parts.host.find(':') == text.npos);
  if (over_ip(parts.scheme) && !parts.port.empty() && !numeric) {
    // A wrong port is the first thing to report.
    (void)endpoint_of(std::string(parts.scheme) + "://127.0.0.1" + std::string(parts.port));
    throw UsageError("host " + quote(parts.host) + " is not " + std::string(hosts));
  }
  return endpoint_of(text);
}

Target parse_target(std::string_view text) {
  std::string whole(text);
  if (whole.find(kAfterScheme) == whole.npos && !lacks_slashes(text)) whole = "tcp://" + whole;
  Target target;
  target.text = escape(whole, kMaxText);
  if (auto named = parse_named_host(whole)) {
    target.host = std::move(*named);
    return target;
  }
  target.endpoint = parse_numeric_endpoint(whole, "a name, a.b.c.d or [IPv6]");
  return target;
}

}  // namespace sluice::tools
