#include "networks_key.h"

#include <algorithm>
#include <variant>

#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

Value NetworksKey::read(std::string_view text) const {
  Networks networks;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) networks.push_back(parse_network(name(), text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (networks.size() > kMaxNetworks) {
      throw UsageError(std::string(name()) + " has more than " + std::to_string(kMaxNetworks) +
                       " networks");
    }
  }
  if (networks.empty()) throw UsageError(std::string(name()) + " has no network");
  return networks;
}

std::string NetworksKey::write(const Value& value) const {
  std::string text;
  for (const Network& network : std::get<Networks>(value)) {
    if (!text.empty()) text += ' ';
    text += network.to_string();
  }
  return text;
}

std::string NetworksKey::allowed() const {
  return "1-" + std::to_string(kMaxNetworks) + " addresses and networks";
}

}  // namespace sluice::tools::daemon
