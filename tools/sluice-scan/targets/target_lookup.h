// The addresses of the targets that were given by name.
//
// What it is: look-ups, kAtOnce at a time, and the result of each.
// Lifetime: must be destroyed before its resolver; the destructor cancels. `done` may destroy it.
// Thread: the loop's. Errors: in the answers.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_LOOKUP_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_LOOKUP_H

#include <cstddef>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "../../../reactor/names/resolver.h"

namespace sluice::tools::scan {

struct NamedTarget {
  std::string name;
  std::error_code error;
  std::vector<Address> addresses;  // best first; at least one without an error
};

class TargetLookup {
 public:
  static constexpr std::size_t kAtOnce = 64;
  using Done = std::function<void(std::vector<NamedTarget> found)>;

  // `family` is AF_UNSPEC, AF_INET or AF_INET6. REQUIRES: there is a name.
  TargetLookup(Resolver& resolver, const std::vector<std::string>& names, int family, Done done);
  TargetLookup(const TargetLookup&) = delete;
  TargetLookup& operator=(const TargetLookup&) = delete;
  ~TargetLookup();

 private:
  void ask();

  Resolver& resolver_;
  int family_;
  Done done_;
  std::vector<NamedTarget> targets_;
  std::vector<LookupId> asked_;  // in the order of targets_
  std::size_t answered_ = 0;
};

// The address of several that is scanned: the first IPv4 address, as in other scanners, or else the
// first one. REQUIRES: `addresses` is not empty.
const Address& scanned_address(const std::vector<Address>& addresses);

}  // namespace sluice::tools::scan

#endif
