// The targets of a scan, once their names are looked up.
//
// What it is: resolve() runs the loop until every name is answered, puts the addresses into the
// targets, takes those of excluded names out, and freezes what is left.
// Thread: the loop's. Lifetime: loop, resolver and options outlive it.
// Errors: resolve() throws std::runtime_error for an excluded name that is not found, since what
// must not be scanned has to be known first, and UsageError when nothing is left to scan. Targets
// that are not found are kept for the message at the end.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_TARGETS_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_TARGETS_H

#include <string>
#include <unordered_map>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/resolver.h"
#include "options.h"

namespace sluice::tools::scan {

class ScanTargets {
 public:
  ScanTargets(Loop& loop, Resolver& resolver, ScanOptions& options)
      : loop_(loop), resolver_(resolver), options_(options) {}

  // False when somebody else stopped the loop before all was known.
  bool resolve();

  // The name that an address was asked for by.
  [[nodiscard]] const std::unordered_map<Address, std::string>& names() const { return names_; }
  // The same for an address with a port; empty: it was not given by name.
  [[nodiscard]] std::string name_of(const Address& address) const;
  // "nohost.invalid: there is no such name"
  [[nodiscard]] const std::vector<std::string>& unresolved() const { return unresolved_; }

 private:
  bool look_up(const std::vector<std::string>& names, int family, bool excluded);
  void take(const std::string& name, const std::vector<Address>& addresses, bool excluded);

  Loop& loop_;
  Resolver& resolver_;
  ScanOptions& options_;
  std::unordered_map<Address, std::string> names_;
  std::vector<std::string> unresolved_;
};

}  // namespace sluice::tools::scan

#endif
