#include "scan_space.h"

#include <algorithm>

#include "../../../reactor/base/split_mix64.h"

namespace sluice::tools::scan {

ScanSpace::ScanSpace(const TargetSet& targets, const PortList& ports, std::uint64_t seed,
                     Shard shard)
    : targets_(targets),
      ports_(ports),
      seed_(seed),
      shard_(shard),
      whole_(targets.size() * ports.size()),  // below 2^56: TargetSet::kMaxAddresses
      group_span_(kGroup * ports.size()),
      order_(std::min(whole_, group_span_), seed_of(0)) {}

std::uint64_t ScanSpace::before(std::uint64_t index) const noexcept {
  const std::uint64_t first = shard_.index - 1;
  return index <= first ? 0 : (index - first + shard_.count - 1) / shard_.count;
}

std::uint64_t ScanSpace::seed_of(std::uint64_t group) const noexcept {
  // Times an odd constant: groups of one scan differ, and so do those of scans with seeds 1 and 2.
  return seed_ ^ (group * kGoldenGamma);
}

std::uint64_t ScanSpace::group_start(std::uint64_t group) const noexcept {
  return before(std::min(group * group_span_, whole_));
}

std::uint64_t ScanSpace::group_size(std::uint64_t group) const noexcept {
  return group_start(group + 1) - group_start(group);
}

ScanSpace::Place ScanSpace::place(std::uint64_t position) const noexcept {
  const std::uint64_t index = shard_.index - 1 + position * shard_.count;
  const std::uint64_t group = index / group_span_;
  const std::uint64_t start = group * group_span_;
  if (group != group_) {
    order_ = Permutation(std::min(group_span_, whole_ - start), seed_of(group));
    group_ = group;
  }
  const std::uint64_t mixed = order_.at(index - start);
  return {group * kGroup + mixed / ports_.size(),
          ports_[static_cast<std::size_t>(mixed % ports_.size())]};
}

}  // namespace sluice::tools::scan
