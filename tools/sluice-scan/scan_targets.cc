#include "scan_targets.h"

#include <stdexcept>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/usage_error.h"
#include "targets/target_lookup.h"

namespace sluice::tools::scan {

bool ScanTargets::resolve() {
  // Exclusions are of both families whatever is scanned.
  if (!look_up(options_.excluded_names, AF_UNSPEC, true)) return false;
  if (!look_up(options_.names, options_.family, false)) return false;
  options_.targets.freeze();
  if (options_.targets.size() == 0 && unresolved_.empty()) {
    throw UsageError(
        "there is nothing to scan: the target lists are empty or all targets are excluded");
  }
  return true;
}

std::string ScanTargets::name_of(const Address& address) const {
  Address host = address;
  host.set_port(0);
  const auto found = names_.find(host);
  return found == names_.end() ? std::string() : found->second;
}

bool ScanTargets::look_up(const std::vector<std::string>& names, int family, bool excluded) {
  if (names.empty()) return true;
  std::vector<NamedTarget> found;
  const TargetLookup lookup(resolver_, names, family, [&](std::vector<NamedTarget> targets) {
    found = std::move(targets);
    loop_.stop();
  });
  loop_.run();
  if (found.empty()) return false;
  for (const NamedTarget& target : found) {
    if (!target.error) {
      take(target.name, target.addresses, excluded);
      continue;
    }
    const std::string why =
        "name " + quote(target.name) + ": " +
        (target.error == ResolverError::no_address && family != AF_UNSPEC
             ? std::string(family == AF_INET ? "no IPv4 address" : "no IPv6 address")
             : target.error.message());
    if (excluded) throw std::runtime_error("--exclude " + why);
    unresolved_.push_back(why);
  }
  return true;
}

void ScanTargets::take(const std::string& name, const std::vector<Address>& addresses,
                       bool excluded) {
  if (excluded) {
    for (const Address& address : addresses) {
      const IpNumber number = IpNumber::of(address);
      options_.targets.take_out({number, number});
    }
    return;
  }
  const std::vector<Address> scanned =
      options_.all_addresses ? addresses : std::vector<Address>{scanned_address(addresses)};
  for (const Address& address : scanned) {
    const IpNumber number = IpNumber::of(address);
    options_.targets.add({number, number});
    names_.emplace(number.address(0), escape(name, kMaxQuoted));
  }
}

}  // namespace sluice::tools::scan
