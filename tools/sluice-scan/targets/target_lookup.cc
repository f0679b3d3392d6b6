#include "target_lookup.h"

#include <algorithm>
#include <utility>

namespace sluice::tools::scan {

TargetLookup::TargetLookup(Resolver& resolver, const std::vector<std::string>& names, int family,
                           Done done)
    : resolver_(resolver), family_(family), done_(std::move(done)) {
  targets_.reserve(names.size());
  for (const std::string& name : names) targets_.push_back({name, {}, {}});
  while (asked_.size() < std::min(kAtOnce, targets_.size())) ask();
}

TargetLookup::~TargetLookup() {
  for (const LookupId id : asked_) resolver_.cancel(id);
}

void TargetLookup::ask() {
  const std::size_t number = asked_.size();
  asked_.emplace_back();
  asked_[number] =
      resolver_.addresses(targets_[number].name, 0, family_,
                          [this, number](std::error_code error, std::vector<Address> addresses) {
                            targets_[number].error = error;
                            targets_[number].addresses = std::move(addresses);
                            ++answered_;
                            if (asked_.size() < targets_.size()) return ask();
                            if (answered_ == targets_.size()) done_(std::move(targets_));
                          });
}

const Address& scanned_address(const std::vector<Address>& addresses) {
  const auto found = std::find_if(addresses.begin(), addresses.end(), [](const Address& address) {
    return address.family() == AF_INET;
  });
  return found == addresses.end() ? addresses.front() : *found;
}

}  // namespace sluice::tools::scan
