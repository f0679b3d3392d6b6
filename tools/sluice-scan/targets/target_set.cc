#include "target_set.h"

#include <algorithm>
#include <string>
#include <utility>

#include "../../common/usage_error.h"

namespace sluice::tools::scan {
namespace {

// Sorts, and makes one range of those that overlap or touch.
void merge(std::vector<IpRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    IpRange& before = ranges[kept];
    const IpRange& next = ranges[i];
    const bool together = next.first.family == before.last.family &&
                          next.first.zone == before.last.zone &&
                          (before.last.is_last() || next.first <= before.last.plus(1));
    if (!together) {
      ranges[++kept] = next;
    } else if (before.last < next.last) {
      before.last = next.last;
    }
  }
  if (!ranges.empty()) ranges.resize(kept + 1);
}

IpRange in_zone(IpRange range, std::uint32_t zone) {
  range.first.zone = range.last.zone = zone;
  return range;
}

// What is left of `range` without those of `unwanted` (sorted, disjoint) that are of zone `zone`.
void subtract(IpRange range, const std::vector<IpRange>& unwanted, std::uint32_t zone,
              std::vector<IpRange>& left) {
  const std::uint32_t own_zone = range.first.zone;
  range = in_zone(range, zone);
  auto each = std::partition_point(unwanted.begin(), unwanted.end(),
                                   [&](const IpRange& other) { return other.last < range.first; });
  for (; each != unwanted.end() && each->first <= range.last; ++each) {
    if (range.first < each->first) {
      left.push_back(in_zone({range.first, each->first.previous()}, own_zone));
    }
    if (range.last <= each->last) return;
    range.first = each->last.plus(1);
  }
  left.push_back(in_zone(range, own_zone));
}

void refuse_beyond(std::size_t count, std::size_t limit) {
  if (count <= limit) return;
  throw UsageError("the targets expand to too many ranges; allowed: at most " +
                   std::to_string(limit));
}

// A list of overlapping ones costs no more than what they come to.
void append(std::vector<IpRange>& ranges, const IpRange& range) {
  if (ranges.size() >= 2 * TargetSet::kMaxRanges) {
    merge(ranges);
    refuse_beyond(ranges.size(), TargetSet::kMaxRanges);
  }
  ranges.push_back(range);
}

}  // namespace

void TargetSet::add(const IpRange& range) { append(wanted_, range); }

void TargetSet::take_out(const IpRange& range) { append(unwanted_, range); }

void TargetSet::freeze() {
  merge(wanted_);
  merge(unwanted_);
  std::vector<IpRange> left;
  for (const IpRange& range : wanted_) subtract(range, unwanted_, range.first.zone, left);
  wanted_ = std::exchange(left, {});
  for (const IpRange& range : wanted_) {
    if (range.first.zone == 0) {
      left.push_back(range);
    } else {
      subtract(range, unwanted_, 0, left);
    }
  }
  wanted_ = std::move(left);
  refuse_beyond(wanted_.size(), kMaxRanges);
  starts_.clear();
  starts_.reserve(wanted_.size());
  size_ = 0;
  for (const IpRange& range : wanted_) {
    starts_.push_back(size_);
    const std::uint64_t more = range.size();
    if (more > kMaxAddresses - size_) {
      throw UsageError("the targets have more than 2^40 addresses; allowed: at most 2^40");
    }
    size_ += more;
  }
}

IpNumber TargetSet::at(std::uint64_t index) const noexcept {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), index);
  const auto range = static_cast<std::size_t>(after - starts_.begin()) - 1;
  return wanted_[range].first.plus(index - starts_[range]);
}

bool TargetSet::all_loopback() const noexcept {
  return std::all_of(wanted_.begin(), wanted_.end(), [](const IpRange& range) {
    return range.first.address(0).is_loopback() && range.last.address(0).is_loopback();
  });
}

std::uint64_t TargetSet::fingerprint() const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, byte by byte
  const auto add = [&hash](std::uint64_t word) {
    for (int i = 0; i < 8; ++i) {
      hash = (hash ^ (word & 0xffU)) * 0x100000001b3;
      word >>= 8;
    }
  };
  for (const IpRange& range : wanted_) {
    for (const IpNumber& end : {range.first, range.last}) {
      add(end.family == AF_INET ? 4 : 6);
      add(end.zone);
      add(end.high);
      add(end.low);
    }
  }
  return hash;
}

}  // namespace sluice::tools::scan
