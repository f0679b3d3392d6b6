#include "bus_settings.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "../../../reactor/base/text/quote.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"
#include "small_file.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kPlain = "redis://";
constexpr std::string_view kWithTls = "rediss://";
constexpr std::uint16_t kRedisPort = 6379;
constexpr unsigned kMaxDatabase = 15;             // of a server as it is installed
constexpr std::size_t kMaxBusFile = 1024 * 1024;  // bytes
constexpr std::size_t kMaxSecret = 512;

[[noreturn]] void reject(std::string_view text, const std::string& why) {
  throw UsageError("bus " + quote(text) + ": " + why +
                   "; allowed: redis://[USER@]ADDRESS[:PORT][/DATABASE], or rediss:// with TLS");
}

std::string read_bus_file(const std::string& path) {
  return read_small_file(path, kMaxBusFile, "bus: the file");
}

// Splits HOST:PORT, [HOST]:PORT or HOST.
std::string_view take_host(std::string_view& rest) {
  const std::size_t end = rest.starts_with('[') ? rest.find(']') : rest.find(':');
  const bool in_brackets = rest.starts_with('[') && end != rest.npos;
  const std::string_view host = rest.substr(in_brackets ? 1 : 0, in_brackets ? end - 1 : end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + (in_brackets ? 1 : 0));
  return host;
}

}  // namespace

BusUrl parse_bus_url(std::string_view text) {
  BusUrl url;
  url.has_tls = text.starts_with(kWithTls);
  if (!url.has_tls && !text.starts_with(kPlain)) reject(text, "there is no redis:// before it");
  std::string_view rest = text.substr((url.has_tls ? kWithTls : kPlain).size());
  if (const std::size_t slash = rest.find('/'); slash != rest.npos) {
    if (const std::string_view database = rest.substr(slash + 1); !database.empty()) {
      url.database = static_cast<unsigned>(parse_number("database", database, 0, kMaxDatabase));
    }
    rest = rest.substr(0, slash);
  }
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    url.user = rest.substr(0, at);
    if (url.user.find(':') != url.user.npos) {
      throw UsageError(
          "bus: a secret in the URL can be read by others; write secret-file in "
          "[bus] of the configuration file");
    }
    rest = rest.substr(at + 1);
  }
  url.host = take_host(rest);
  std::uint16_t port = kRedisPort;
  if (!rest.empty()) {
    if (rest.front() != ':') reject(text, "the port is not after a colon");
    constexpr std::uint64_t kMaxPort = 65'535;
    port = static_cast<std::uint16_t>(parse_number("port", rest.substr(1), 1, kMaxPort));
  }
  const std::optional<Address> address = Address::from_ip(url.host, port);
  if (!address) reject(text, quote(url.host) + " is not an IP address");
  url.address = *address;
  return url;
}

void load_bus_files(BusSettings& bus) {
  if (bus.url.empty()) {
    if (bus != BusSettings()) throw UsageError("bus: there is no url; write it in [bus] or --bus");
    return;
  }
  const BusUrl url = parse_bus_url(bus.url);
  if (!bus.secret_file.empty()) {
    bus.secret = read_bus_file(bus.secret_file);
    bus.secret.resize(std::min(bus.secret.find_first_of("\r\n"), bus.secret.size()));
    if (bus.secret.empty() || bus.secret.size() > kMaxSecret) {
      throw UsageError("bus: secret-file " + quote(bus.secret_file) + " has a first line of " +
                       std::to_string(bus.secret.size()) + " bytes; allowed: 1-" +
                       std::to_string(kMaxSecret));
    }
  }
  if (!url.user.empty() && bus.secret.empty()) {
    throw UsageError("bus: the user " + quote(url.user) + " has no secret; write secret-file");
  }
  if (!bus.ca_file.empty()) bus.ca = read_bus_file(bus.ca_file);
  if (url.has_tls && bus.ca.empty()) {
    throw UsageError("bus: rediss:// needs ca, the file of the certificates that it trusts");
  }
  if (!url.has_tls && !bus.ca.empty()) throw UsageError("bus: ca goes with rediss://");
}

}  // namespace sluice::tools::daemon
