#include "network.h"

#include <cstddef>
#include <optional>

#include "../../../reactor/base/text/quote.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

[[noreturn]] void reject(std::string_view what, std::string_view text, const std::string& why) {
  throw UsageError(std::string(what) + ' ' + quote(text) + ' ' + why);
}

}  // namespace

bool Network::contains(const Address& address) const noexcept {
  IpNumber number = IpNumber::of(address);
  if (number.family != first.family) return false;
  if (first.zone == 0) number.zone = 0;
  return number.first_of_prefix(length) == first;
}

std::string Network::to_string() const {
  const std::string host = first.address(0).host();
  return length == first.bits() ? host : host + '/' + std::to_string(length);
}

const Network* network_of(const Networks& networks, const Address& address) noexcept {
  for (const Network& network : networks) {
    if (network.contains(address)) return &network;
  }
  return nullptr;
}

Network parse_network(std::string_view what, std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::from_ip(text.substr(0, slash), 0);
  if (!address) {
    reject(what, text, "is not an address or a network, such as 127.0.0.0/8 or fd00::/8");
  }
  Network network;
  network.first = IpNumber::of(*address);
  network.length = network.first.bits();
  if (slash == text.npos) return network;
  const std::optional<std::uint64_t> length = parse_digits(text.substr(slash + 1), 10);
  if (!length || *length > network.first.bits()) {
    reject(what, text,
           "has a prefix length that is not a number in 0-" + std::to_string(network.first.bits()));
  }
  network.length = static_cast<unsigned>(*length);
  const IpNumber first = network.first.first_of_prefix(network.length);
  if (first != network.first) {
    network.first = first;
    reject(what, text, "has bits behind its prefix; the network is " + network.to_string());
  }
  return network;
}

}  // namespace sluice::tools::daemon
