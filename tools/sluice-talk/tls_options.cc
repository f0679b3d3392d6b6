#include "tls_options.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../common/international_name.h"
#include "option_checks.h"
#include "tls_link.h"

namespace sluice::tools::talk {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxServerName = 253;  // RFC 1035
constexpr std::size_t kMaxAlpnName = 255;    // RFC 7301

void read_starttls(TalkEndpoint& endpoint, const CommandLine& line) {
  if (!line.has("starttls")) return;
  const bool is_plain = endpoint.target.scheme() == Scheme::tcp && !endpoint.websocket;
  refuse_if(!is_plain || endpoint.tls, "--starttls: valid only with tcp://");
  TlsSettings& tls = endpoint.tls.emplace();
  tls.name = certificate_name(endpoint.target);
  line.each("starttls", [&tls](std::string_view value) {
    tls.start = start_tls_from(value);
    refuse_if(!tls.start, "protocol " + quote(value) + " is not " + std::string(kStartTlsNames));
  });
}

}  // namespace

void read_tls_options(TalkEndpoint& endpoint, const CommandLine& line) {
  read_starttls(endpoint, line);
  for (const char* name : {"ca", "sni", "alpn", "cert", "key", "insecure-no-verify"}) {
    refuse_if(line.has(name) && !endpoint.tls,
              "--" + std::string(name) + ": valid only with tls://, wss:// and --starttls");
  }
  if (!endpoint.tls) return;
  TlsSettings& tls = *endpoint.tls;
  tls.serves = line.has("listen");
  if (tls.serves) {
    for (const char* name : {"starttls", "sni", "insecure-no-verify"})
      line.refuse_both("listen", name);
    refuse_if(!line.has("cert"), "--listen with tls:// needs --cert");
  }
  refuse_if(!TlsLink::is_built_in(), endpoint.target.text + ": TLS is not in this build");
  line.refuse_both("ca", "insecure-no-verify");
  refuse_if(line.has("key") && !line.has("cert"), "--key: valid only with --cert");
  const auto text_of = [&line](const char* name, std::size_t most, std::string& into) {
    line.each(name, [&](std::string_view value) { into = checked_text(value, most); });
  };
  text_of("ca", kMaxPath, tls.ca);
  text_of("cert", kMaxPath, tls.cert);
  text_of("key", kMaxPath, tls.key);
  line.each("sni", [&tls](std::string_view value) {
    tls.name = checked_text(ascii_name(value), kMaxServerName);
  });
  line.each("alpn", [&tls](std::string_view value) {
    tls.alpn.push_back(checked_text(value, kMaxAlpnName));
  });
  tls.insecure_no_verify = line.has("insecure-no-verify");
}

}  // namespace sluice::tools::talk
