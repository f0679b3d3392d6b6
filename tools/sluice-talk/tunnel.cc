#include "tunnel.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/percent.h"
#include "../common/usage_error.h"
#include "dialogues/connect_dialogue.h"
#include "dialogues/dialogue.h"
#include "dialogues/socks_dialogue.h"
#include "option_checks.h"

namespace sluice::tools::talk {
namespace {

constexpr std::string_view kAfterScheme = "://";
constexpr std::string_view kAllowed =
    "allowed: socks5://[USER:PASSWORD@]HOST:PORT and http://[USER:PASSWORD@]HOST:PORT";

struct ProxyScheme {
  std::string_view name;
  bool is_http;
};
constexpr std::array kProxySchemes = {ProxyScheme{"socks5", false}, ProxyScheme{"socks5h", false},
                                      ProxyScheme{"http", true}};

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

// The name and the password are not shown: a message may end in a log.
std::string account_part(std::string_view what, std::string_view text) {
  std::string part = percent_decoded(text);
  const std::string name(what);
  refuse_if(part.empty() || part.size() > SocksDialogue::kMaxName,
            "the " + name + " has " + std::to_string(part.size()) + " bytes; allowed: 1-" +
                std::to_string(SocksDialogue::kMaxName));
  refuse_if(std::any_of(part.begin(), part.end(), is_control),
            "the " + name + " has a control character");
  return part;
}

ProxyAccount read_account(std::string_view text, bool is_http) {
  const std::size_t colon = text.find(':');
  refuse_if(colon == text.npos, "the password is missing; " + std::string(kAllowed));
  ProxyAccount account{account_part("user name", text.substr(0, colon)),
                       account_part("password", text.substr(colon + 1))};
  refuse_if(is_http && account.user.find(':') != std::string::npos,
            "the user name has a colon, which HTTP cannot say");
  return account;
}

void set_destination(ProxyRequest& request, const Target& to) {
  request.port = to.port();
  request.host = to.endpoint ? to.endpoint->address().host() : to.host.name;
  refuse_if(request.host.find('%') != std::string::npos,
            quote(to.text) + ": a proxy does not know the interfaces of this host");
}

}  // namespace

std::string TunnelSettings::destination() const {
  const bool is_ipv6 = request.host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + request.host + ']' : request.host) + ':' + std::to_string(request.port);
}

TunnelSettings read_tunnel(std::string_view text, const Target& to) {
  const std::size_t scheme = text.find(kAfterScheme);
  const std::string_view name = text.substr(0, scheme);
  const auto* const found =
      std::find_if(kProxySchemes.begin(), kProxySchemes.end(),
                   [name](const ProxyScheme& each) { return each.name == name; });
  refuse_if(scheme == text.npos, "the scheme is missing; " + std::string(kAllowed));
  refuse_if(found == kProxySchemes.end(),
            "scheme " + quote(name) + " is not socks5 or http; " + std::string(kAllowed));
  TunnelSettings settings;
  settings.is_http = found->is_http;
  std::string_view rest = text.substr(scheme + kAfterScheme.size());
  const std::size_t at = rest.rfind('@');
  if (at != rest.npos) {
    settings.request.account = read_account(rest.substr(0, at), settings.is_http);
    rest.remove_prefix(at + 1);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  check_port(rest, 1);
  settings.proxy = parse_target("tcp://" + std::string(rest));
  const auto& endpoint = settings.proxy.endpoint;
  refuse_if(endpoint && endpoint->any_family(),
            quote(rest) + ": host * is valid only with --listen");
  settings.request.proxy = std::string(name) + settings.proxy.text.substr(3);
  set_destination(settings.request, to);
  return settings;
}

TransportFactory tunnel_transport(const TunnelSettings& settings, TransportFactory inner) {
  const auto make = [request = settings.request,
                     is_http = settings.is_http](Wire /*wire*/) -> std::unique_ptr<Dialogue> {
    if (is_http) return std::make_unique<ConnectDialogue>(request);
    return std::make_unique<SocksDialogue>(request);
  };
  return hold_dialogue(make, std::move(inner));
}

}  // namespace sluice::tools::talk
