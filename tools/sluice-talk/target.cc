#include "target.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

#include "../../reactor/quote.h"
#include "../common/usage_error.h"
#include "exit_status.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxName = 253;   // RFC 1035, without the last dot
constexpr std::size_t kMaxText = 1024;  // bytes of an endpoint in a message

Endpoint endpoint_of(const std::string& text) {
  auto parsed = Endpoint::parse(text);
  if (const auto* wrong = std::get_if<EndpointError>(&parsed)) throw UsageError(wrong->message);
  return std::get<Endpoint>(std::move(parsed));
}

// Letters, digits, "-", "_" and dots; also what is not ASCII, which the resolver knows about. What
// has digits and dots alone is a mistyped address: the system would read "127.1" in its own way.
bool may_be_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxName) return false;
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) > 0x7f;
  };
  return std::any_of(host.begin(), host.end(), is_letter) &&
         std::all_of(host.begin(), host.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
         });
}

std::string reason_of(int error) {
  if (error == EAI_SYSTEM) return std::generic_category().message(errno);
  return ::gai_strerror(error);
}

}  // namespace

Target parse_target(std::string_view text) {
  std::string whole(text);
  if (whole.find("://") == whole.npos) whole = "tcp://" + whole;
  const std::size_t start = whole.find("://") + 3;
  const std::string scheme = whole.substr(0, start - 3);

  Target target;
  target.text = escape(whole, kMaxText);
  const std::size_t colon = whole.rfind(':');
  const std::string host = colon < start ? "" : whole.substr(start, colon - start);
  if ((scheme == "tcp" || scheme == "udp") && colon >= start && host != "*" &&
      !host.starts_with('[')) {
    target.port = endpoint_of(scheme + "://127.0.0.1" + whole.substr(colon)).address().port();
    target.transport = scheme == "tcp" ? Transport::tcp : Transport::udp;
    if (may_be_name(host)) {
      target.name = host;
      return target;
    }
    if (!Address::from_ip(host, 0) || host.find(':') != host.npos) {
      throw UsageError("host " + quote(host) + " is not a name, a.b.c.d or [IPv6]");
    }
  }
  target.endpoint = endpoint_of(whole);
  target.transport = target.endpoint->transport();
  target.port = target.endpoint->address().port();
  return target;
}

std::vector<Endpoint> candidates_of(const Target& target) {
  if (target.endpoint) return {*target.endpoint};
  addrinfo hints{};
  hints.ai_socktype = target.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
#ifdef AI_IDN
  hints.ai_flags = AI_IDN;  // names that are not ASCII
#endif
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(target.name.c_str(), nullptr, &hints, &first);
  if (error != 0) throw NetworkError(target.text + ": " + reason_of(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(first, &::freeaddrinfo);

  std::vector<Endpoint> candidates;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    Address address(each->ai_addr, each->ai_addrlen);
    if (!address.is_ip()) continue;
    address.set_port(target.port);
    candidates.emplace_back(target.transport, address);
  }
  if (candidates.empty()) throw NetworkError(target.text + ": the name has no address");
  return candidates;
}

}  // namespace sluice
