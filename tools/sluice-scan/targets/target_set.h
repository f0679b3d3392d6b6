// A large set of addresses, as a sorted list of ranges.
//
// What it is: a value; it does not store single addresses. Call add() for targets and take_out()
// for exclusions, then freeze(). From then on each address has a number, 0 to size() - 1, in order.
// Errors: UsageError if there are more addresses than kMaxAddresses or more ranges than kMaxRanges.
// Thread: a plain value; after freeze() any number of threads may read it.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_SET_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_SET_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../common/ip_number.h"

namespace sluice::tools::scan {

class TargetSet {
 public:
  // Far more than anybody can scan. Times the ports, it still fits into 64 bits.
  static constexpr std::uint64_t kMaxAddresses = std::uint64_t{1} << 40;
  static constexpr std::size_t kMaxRanges = std::size_t{1} << 20;

  void add(const IpRange& range);
  // The order of the calls does not matter. Without a zone, it excludes the address in every zone.
  void take_out(const IpRange& range);
  void freeze();

  // All of these REQUIRE freeze().
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // REQUIRES: index < size().
  [[nodiscard]] IpNumber at(std::uint64_t index) const noexcept;
  [[nodiscard]] bool all_loopback() const noexcept;
  // Equal for the same addresses, in any notation and on any machine.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept;
  [[nodiscard]] const std::vector<IpRange>& ranges() const noexcept { return wanted_; }

 private:
  std::vector<IpRange> wanted_;  // freeze() sorts and merges them
  std::vector<IpRange> unwanted_;
  std::vector<std::uint64_t> starts_;  // the number of each range's first address
  std::uint64_t size_ = 0;
};

}  // namespace sluice::tools::scan

#endif
