#include "tunnel.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "../../reactor/base/fd.h"
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
std::string checked_part(std::string_view what, std::string part) {
  const std::string name(what);
  refuse_if(part.empty() || part.size() > SocksDialogue::kMaxName,
            "the " + name + " has " + std::to_string(part.size()) + " bytes; allowed: 1-" +
                std::to_string(SocksDialogue::kMaxName));
  refuse_if(std::any_of(part.begin(), part.end(), is_control),
            "the " + name + " has a control character");
  return part;
}

ProxyAccount read_account(std::string_view text, bool is_http,
                          const std::optional<std::string>& password) {
  const std::size_t colon = text.find(':');
  refuse_if(colon == text.npos && !password, "the password is missing; " + std::string(kAllowed) +
                                                 ", or USER@ with --proxy-password-file");
  refuse_if(colon != text.npos && password.has_value(),
            "it has a password, and so has --proxy-password-file");
  ProxyAccount account;
  account.user = checked_part("user name", percent_decoded(text.substr(0, colon)));
  account.password =
      password ? *password : checked_part("password", percent_decoded(text.substr(colon + 1)));
  refuse_if(is_http && account.user.find(':') != std::string::npos,
            "the user name has a colon, which HTTP cannot say");
  return account;
}

// HOST:PORT. What was read is not shown: of "me:secret" it is the password that is no port.
Target read_proxy_target(std::string_view text) {
  const std::string allowed = "; " + std::string(kAllowed);
  try {
    check_port(text, 1);
  } catch (const UsageError&) {
    throw UsageError("the port is missing or is not a number in 1-65535" + allowed);
  }
  Target target;
  try {
    target = parse_target("tcp://" + std::string(text));
  } catch (const UsageError&) {
    throw UsageError("the host is not a name, a.b.c.d or [IPv6]" + allowed);
  }
  refuse_if(target.endpoint && target.endpoint->any_family(),
            "host * is valid only with --listen" + allowed);
  return target;
}

void set_destination(ProxyRequest& request, const Target& to) {
  request.port = to.port();
  request.host = to.endpoint ? to.endpoint->address().host() : to.host.name;
  refuse_if(request.host.find('%') != std::string::npos,
            quote(to.text) + ": a proxy does not know the interfaces of this host");
}

// The first line of the file. Waits for the file.
std::string read_password(const std::string& file) {
  const auto refuse = [] { throw UsageError(std::generic_category().message(errno)); };
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) refuse();
  std::array<char, SocksDialogue::kMaxName + 2> buffer;  // with CR LF
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t count = ::read(opened.get(), buffer.data() + size, buffer.size() - size);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) refuse();
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  std::string_view line(buffer.data(), size);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  refuse_if(line.size() > SocksDialogue::kMaxName,
            "its first line has more than " + std::to_string(SocksDialogue::kMaxName) +
                " bytes; allowed: 1-" + std::to_string(SocksDialogue::kMaxName));
  return checked_part("password", std::string(line));
}

// With `password`, the URL has a user and no password.
TunnelSettings read_url(std::string_view text, const Target& to,
                        const std::optional<std::string>& password) {
  const std::size_t scheme = text.find(kAfterScheme);
  const std::string_view name = text.substr(0, scheme);
  const auto* const found =
      std::find_if(kProxySchemes.begin(), kProxySchemes.end(),
                   [name](const ProxyScheme& each) { return each.name == name; });
  refuse_if(scheme == text.npos, "the scheme is missing; " + std::string(kAllowed));
  // "://" may be a part of the password of a URL without a scheme.
  const std::string shown = name.find(':') == name.npos ? ' ' + quote(name) : "";
  refuse_if(found == kProxySchemes.end(),
            "scheme" + shown + " is not socks5 or http; " + std::string(kAllowed));
  TunnelSettings settings;
  settings.is_http = found->is_http;
  std::string_view rest = text.substr(scheme + kAfterScheme.size());
  const std::size_t at = rest.rfind('@');
  if (at != rest.npos) {
    settings.request.account = read_account(rest.substr(0, at), settings.is_http, password);
    rest.remove_prefix(at + 1);
  }
  refuse_if(password && at == rest.npos, "the user of --proxy-password-file is missing; allowed: " +
                                             std::string(name) + "://USER@HOST:PORT");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  settings.proxy = read_proxy_target(rest);
  settings.request.proxy = std::string(name) + settings.proxy.text.substr(3);
  set_destination(settings.request, to);
  return settings;
}

}  // namespace

std::string TunnelSettings::destination() const {
  const bool is_ipv6 = request.host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + request.host + ']' : request.host) + ':' + std::to_string(request.port);
}

std::optional<TunnelSettings> read_tunnel(const Target& to, const CommandLine& line) {
  refuse_if(line.has("proxy-password-file") && !line.has("proxy"),
            "--proxy-password-file: valid only with --proxy");
  if (!line.has("proxy")) return {};
  refuse_if(to.scheme() != Scheme::tcp,
            "--proxy: valid only with tcp://, tls://, ws:// and wss://");
  refuse_if(line.has("proxy-protocol"),
            "--proxy and --proxy-protocol cannot be combined: the endpoint would see the addresses "
            "of the connection to the proxy");
  std::optional<std::string> password;
  line.each("proxy-password-file",
            [&password](std::string_view value) { password = read_password(std::string(value)); });
  std::optional<TunnelSettings> settings;
  line.each("proxy", [&](std::string_view url) { settings = read_url(url, to, password); });
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
