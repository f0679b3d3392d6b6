#include "endpoint_reader.h"

#include <algorithm>
#include <array>
#include <string>

#include "../../reactor/base/text/quote.h"
#include "../common/usage_error.h"
#include "option_checks.h"

namespace sluice::tools::talk {
namespace {

constexpr std::string_view kAfterScheme = "://";
constexpr std::string_view kTcpScheme = "tcp://";
constexpr std::size_t kMaxUrlPath = 2048;  // bytes; servers accept request lines of about 4096

struct TalkScheme {
  std::string_view name;
  bool over_tls = false;
  std::string_view default_port = {};  // with its colon; empty: not a WebSocket
};

constexpr std::array kSchemes = {
    TalkScheme{"tcp"},  TalkScheme{"tls", true},        TalkScheme{"udp"},
    TalkScheme{"unix"}, TalkScheme{"ws", false, ":80"}, TalkScheme{"wss", true, ":443"}};

const TalkScheme& scheme_of(std::string_view text) {
  const std::size_t end = text.find(kAfterScheme);
  if (end == text.npos) return kSchemes.front();
  const std::string_view name = text.substr(0, end);
  const auto* const found =
      std::find_if(kSchemes.begin(), kSchemes.end(),
                   [name](const TalkScheme& scheme) { return scheme.name == name; });
  if (found != kSchemes.end()) return *found;
  throw UsageError("scheme " + quote(name) + " is not tcp, tls, udp, unix, ws or wss");
}

// "/chat?room=1" of what follows the host and the port.
std::string path_of(std::string_view rest) {
  const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
  if (rest.size() > kMaxUrlPath) {
    throw UsageError("the path has " + std::to_string(rest.size()) + " bytes; allowed: at most " +
                     std::to_string(kMaxUrlPath));
  }
  if (!std::all_of(rest.begin(), rest.end(), is_visible)) {
    throw UsageError("path " + quote(rest) +
                     " has a character that is not visible ASCII; write it as %XX");
  }
  if (rest.find('#') != rest.npos) {
    throw UsageError("path " + quote(rest) + " has a fragment, which a WebSocket cannot have");
  }
  return rest.starts_with('/') ? std::string(rest) : '/' + std::string(rest);
}

bool has_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  return authority.find(':', bracket == authority.npos ? 0 : bracket) != authority.npos;
}

// For the header Host: a zone is of this host, and the port of the scheme is left out.
std::string host_header(std::string authority, std::string_view default_port) {
  if (authority.ends_with(default_port)) authority.resize(authority.size() - default_port.size());
  const std::size_t zone = authority.find('%');
  if (zone != authority.npos) authority.erase(zone, authority.find(']', zone) - zone);
  return authority;
}

}  // namespace

TalkEndpoint read_talk_endpoint(std::string_view text, unsigned least_port) {
  const TalkScheme& scheme = scheme_of(text);
  const bool is_websocket = !scheme.default_port.empty();
  if (!scheme.over_tls && !is_websocket) {
    if (scheme.name != "unix") check_port(text, least_port);
    return {parse_target(text)};
  }
  TalkEndpoint endpoint;
  std::string authority(text.substr(scheme.name.size() + kAfterScheme.size()));
  if (is_websocket) {
    const std::size_t end = std::min(authority.find_first_of("/?#"), authority.size());
    WebSocketSettings& websocket = endpoint.websocket.emplace();
    websocket.path = path_of(std::string_view(authority).substr(end));
    authority.resize(end);
    if (!has_port(authority)) authority += scheme.default_port;
  }
  check_port(authority, least_port);
  Target& target = endpoint.target;
  target = parse_target(std::string(kTcpScheme) + authority);
  if (is_websocket) {
    // The header has the name in ASCII, as the DNS does.
    const std::size_t port = authority.rfind(':');
    if (!target.endpoint) authority.replace(0, port, target.host.name);
    endpoint.websocket->host = host_header(authority, scheme.default_port);
  }
  target.text.replace(0, kTcpScheme.size(), std::string(scheme.name) + "://");
  if (is_websocket) target.text += endpoint.websocket->path;
  if (!scheme.over_tls) return endpoint;
  endpoint.tls.emplace().name = certificate_name(target);
  return endpoint;
}

std::string certificate_name(const Target& target) {
  if (!target.endpoint) return target.host.name;
  std::string host = target.endpoint->address().host();
  host.resize(std::min(host.find('%'), host.size()));
  return host;
}

}  // namespace sluice::tools::talk
