#include "scan_space.h"

#include <algorithm>
#include <iterator>

#include "../../../reactor/base/split_mix64.h"

namespace sluice::tools::scan {

namespace {

// Of `ports`, those that are in `likely`, or those that are not.
PortList part_of(const PortList& ports, const PortList& likely, bool wanted) {
  PortList part;
  std::copy_if(ports.begin(), ports.end(), std::back_inserter(part), [&](std::uint16_t port) {
    return (std::find(likely.begin(), likely.end(), port) != likely.end()) == wanted;
  });
  return part;
}

}  // namespace

ScanSpace::ScanSpace(const TargetSet& targets, const PortList& ports, std::uint64_t seed,
                     Shard shard, const PortList& likely)
    : targets_(targets),
      first_(part_of(ports, likely, true)),
      rest_(part_of(ports, likely, false)),
      seed_(seed),
      shard_(shard),
      whole_(targets.size() * ports.size()),  // below 2^56: TargetSet::kMaxAddresses
      group_span_(kGroup * ports.size()),
      first_order_(hosts_of(0) * first_.size(), ~seed_of(0)),
      order_(hosts_of(0) * rest_.size(), seed_of(0)) {}

std::uint64_t ScanSpace::hosts_of(std::uint64_t group) const noexcept {
  return std::min(kGroup, targets_.size() - group * kGroup);
}

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
  const std::uint64_t hosts = hosts_of(group);
  if (group != group_) {
    first_order_ = Permutation(hosts * first_.size(), ~seed_of(group));
    order_ = Permutation(hosts * rest_.size(), seed_of(group));
    group_ = group;
  }
  const std::uint64_t inside = index - group * group_span_;
  const std::uint64_t likely = hosts * first_.size();
  const PortList& ports = inside < likely ? first_ : rest_;
  const std::uint64_t mixed =
      inside < likely ? first_order_.at(inside) : order_.at(inside - likely);
  return {group * kGroup + mixed / ports.size(),
          ports[static_cast<std::size_t>(mixed % ports.size())]};
}

bool ScanSpace::is_likely(std::uint64_t position) const noexcept {
  const std::uint64_t index = shard_.index - 1 + position * shard_.count;
  const std::uint64_t group = group_at(position);
  return index - group * group_span_ < hosts_of(group) * first_.size();
}

}  // namespace sluice::tools::scan
