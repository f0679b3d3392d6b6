// The order of a scan: everything once, in shares that do not overlap, from any position.
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluice-scan/targets/scan_space.h"
#include "tools/sluice-scan/targets/target_spec.h"

using sluice::tools::scan::PortList;
using sluice::tools::scan::ScanSpace;
using sluice::tools::scan::Shard;
using sluice::tools::scan::TargetSet;

namespace {

TargetSet targets_of(const std::string& text) {
  TargetSet set;
  for (const auto& range : sluice::tools::scan::parse_target_spec(text).ranges) set.add(range);
  set.freeze();
  return set;
}

using Probe = std::pair<std::uint64_t, std::uint16_t>;

std::vector<Probe> all_of(const ScanSpace& space) {
  std::vector<Probe> probes;
  for (std::uint64_t position = 0; position < space.size(); ++position) {
    const auto place = space.place(position);
    probes.emplace_back(place.host, place.port);
  }
  return probes;
}

const PortList kPorts{22, 80, 443, 8080, 9090};

}  // namespace

Test(scan_space, every_address_and_port_is_there_once) {
  const TargetSet targets = targets_of("10.0.0.0/24");
  const ScanSpace space(targets, kPorts, 1, {});
  const auto probes = all_of(space);
  const std::set<Probe> once(probes.begin(), probes.end());
  cr_expect(probes.size() == 256 * 5);
  cr_expect(once.size() == probes.size());
  cr_expect(space.address({5, 80}).to_string() == "10.0.0.5:80");
}

Test(scan_space, neighbours_do_not_follow_each_other) {
  const TargetSet targets = targets_of("10.0.0.0/24");
  const auto probes = all_of(ScanSpace(targets, kPorts, 1, {}));
  std::size_t same_host = 0;
  for (std::size_t i = 1; i < probes.size(); ++i) {
    if (probes[i].first == probes[i - 1].first) ++same_host;
  }
  cr_expect(same_host < probes.size() / 50, "%zu", same_host);
}

Test(scan_space, the_seed_is_the_order) {
  const TargetSet targets = targets_of("10.0.0.0/26");
  const auto one = all_of(ScanSpace(targets, kPorts, 1, {}));
  cr_expect(one == all_of(ScanSpace(targets, kPorts, 1, {})));
  cr_expect(one != all_of(ScanSpace(targets, kPorts, 2, {})));
}

Test(scan_space, shards_share_everything_and_overlap_nowhere) {
  const TargetSet targets = targets_of("10.0.0.0/26");
  for (const std::uint64_t count : {1U, 2U, 3U, 7U, 319U, 320U, 400U}) {
    std::multiset<Probe> seen;
    for (std::uint64_t i = 1; i <= count; ++i) {
      for (const Probe& probe : all_of(ScanSpace(targets, kPorts, 9, {i, count}))) {
        seen.insert(probe);
      }
    }
    cr_expect(seen.size() == 64 * 5);
    cr_expect(std::set<Probe>(seen.begin(), seen.end()).size() == 64 * 5);
  }
}

Test(scan_space, groups_of_hosts_follow_each_other) {
  const TargetSet targets = targets_of("10.0.0.0/17");  // two groups
  const PortList ports{22, 80};
  for (const Shard shard : {Shard{1, 1}, Shard{2, 3}}) {
    const ScanSpace space(targets, ports, 3, shard);
    std::map<std::uint64_t, std::uint64_t> counts;
    std::uint64_t last = 0;
    std::set<Probe> once;
    for (const Probe& probe : all_of(space)) {
      const std::uint64_t group = ScanSpace::group_of(probe.first);
      cr_assert(group >= last);
      last = group;
      ++counts[group];
      once.insert(probe);
    }
    cr_expect(once.size() == space.size());
    cr_assert(counts.size() == 2);
    for (const auto& [group, count] : counts) {
      cr_expect(space.group_size(group) == count);
    }
    cr_expect(space.group_start(0) == 0 && space.group_start(1) == counts[0]);
    cr_expect(space.group_size(2) == 0);
  }
}

Test(scan_space, a_position_is_the_same_wherever_one_comes_from) {
  const TargetSet targets = targets_of("10.0.0.0/17");
  const PortList ports{22};
  const ScanSpace space(targets, ports, 3, {});
  const auto there = space.place(20'000);
  (void)space.place(5);
  const auto again = space.place(20'000);
  cr_expect(there.host == again.host && there.port == again.port);
}

Test(scan_space, the_largest_scan_is_counted_right) {
  const TargetSet targets = targets_of("2001:db8::/88");
  PortList ports;
  for (std::uint16_t port = 1; port != 0; ++port) ports.push_back(port);
  const ScanSpace space(targets, ports, 1, {});
  cr_expect(space.size() == TargetSet::kMaxAddresses * 65'535);
  const auto last = space.place(space.size() - 1);
  cr_expect(ScanSpace::group_of(last.host) == ScanSpace::group_of(TargetSet::kMaxAddresses - 1));
}

Test(scan_space, likely_ports_come_first_in_each_group) {
  const TargetSet targets = targets_of("10.0.0.0/17");
  const ScanSpace space(targets, kPorts, 1, {}, {443, 22, 7});
  cr_expect(space.likely_ports() == 2, "one of them is not scanned");
  const auto probes = all_of(space);
  cr_expect(std::set<Probe>(probes.begin(), probes.end()).size() == 32'768 * 5);
  for (std::uint64_t position = 0; position < space.size(); ++position) {
    const std::uint64_t group = position / (ScanSpace::kGroup * 5);
    cr_assert(ScanSpace::group_of(probes[position].first) == group);
    const bool first = position - space.group_start(group) < ScanSpace::kGroup * 2;
    cr_assert(space.is_likely(position) == first);
    const auto port = probes[position].second;
    cr_assert((port == 22 || port == 443) == first);
  }
}

Test(scan_space, shards_of_an_order_with_likely_ports_overlap_nowhere) {
  const TargetSet targets = targets_of("10.0.0.0/28");
  std::set<Probe> all;
  std::size_t count = 0;
  for (std::uint64_t shard = 1; shard <= 3; ++shard) {
    const auto probes = all_of(ScanSpace(targets, kPorts, 1, {shard, 3}, {80}));
    all.insert(probes.begin(), probes.end());
    count += probes.size();
  }
  cr_expect(count == 16 * 5 && all.size() == count);
}
