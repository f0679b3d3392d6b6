#include "endpoint_words.h"

#include <optional>
#include <string_view>

#include "../../reactor/base/address.h"
#include "../../reactor/base/text/quote.h"
#include "../common/digits.h"
#include "../common/usage_error.h"

namespace sluice::tools::talk {
namespace {

constexpr std::string_view kAfterScheme = "://";

std::size_t end_of_scheme(std::string_view text) {
  const std::size_t at = text.find(kAfterScheme);
  return at == text.npos ? 0 : at + kAfterScheme.size();
}

// The number of a service of the scheme's protocol: tcp, unless it is udp.
std::optional<std::string> port_of(std::string_view name, std::string_view endpoint,
                                   const std::function<ServiceNames()>& services) {
  const Scheme scheme = endpoint.starts_with("udp://") ? Scheme::udp : Scheme::tcp;
  const auto port = services().port(name, scheme);
  if (!port) return {};
  return std::to_string(*port);
}

[[noreturn]] void refuse(std::string_view word) {
  throw UsageError(quote(word) + ": only one ENDPOINT is allowed, or HOST PORT");
}

std::string joined(const std::string& first, const std::string& second,
                   const std::function<ServiceNames()>& services) {
  const std::size_t start = end_of_scheme(first);
  std::string host = first.substr(start);
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  if (first.starts_with("unix:") || host.empty()) refuse(second);
  if (!has_brackets && host.find(':') != host.npos) {
    if (!Address::from_ip(host, 0)) refuse(second);
    host = '[' + host + ']';
  }
  std::string port = second;
  if (!is_digits(second)) {
    const std::optional<std::string> number = port_of(second, first, services);
    if (!number) {
      if (second.find(':') != second.npos) refuse(second);
      throw UsageError(quote(second) +
                       " is not a service of the services database; allowed after HOST: a port, "
                       "1-65535, or the name of a service");
    }
    port = *number;
  }
  return first.substr(0, start) + host + ':' + port;
}

}  // namespace

std::string endpoint_of_words(const std::vector<std::string>& words,
                              const std::function<ServiceNames()>& services) {
  if (words.size() > 2) refuse(words[2]);
  if (words.size() == 2) return joined(words[0], words[1], services);
  const std::string& word = words.front();
  // The last colon may be in the path.
  if (word.starts_with("ws://") || word.starts_with("wss://")) return word;
  const std::size_t colon = word.rfind(':');
  if (colon == word.npos || colon < end_of_scheme(word) || word.starts_with("unix:")) return word;
  const std::string name = word.substr(colon + 1);
  if (name.empty() || is_digits(name) || name.find_first_of("]/") != name.npos) return word;
  // parse_target() rejects a word that is no service, as it does every other wrong port.
  const std::optional<std::string> number = port_of(name, word, services);
  return number ? word.substr(0, colon + 1) + *number : word;
}

}  // namespace sluice::tools::talk
