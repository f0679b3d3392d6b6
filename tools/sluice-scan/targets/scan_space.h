// The addresses and ports of a scan and their order: each has a number, its position.
//
// What it is: a value with the positions 0 to size() - 1 of this machine's share of a scan, and the
// address and port of each. It stores no list: one position is enough to continue a scan, and the
// memory depends only on the ranges of the targets.
// Order: addresses in groups of kGroup neighbours; inside a group a permutation mixes addresses and
// likely ports, and after them another one mixes addresses and the other ports. So the hosts of a
// group are complete before the scan is.
// Shards: of n machines with the same targets, ports and seed, machine i has each n-th probe. None
// has another's.
// Errors: none. Thread: one. Lifetime: the targets and ports outlive it.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_SCAN_SPACE_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_SCAN_SPACE_H

#include <cstdint>

#include "../../../reactor/base/address.h"
#include "permutation.h"
#include "port_spec.h"
#include "target_set.h"

namespace sluice::tools::scan {

struct Shard {
  std::uint64_t index = 1;  // 1 … count
  std::uint64_t count = 1;
  friend bool operator==(const Shard&, const Shard&) = default;
};

class ScanSpace {
 public:
  // 65,535 ports of each fit into 30 bits, and what is held of a group's hosts into a few MiB.
  static constexpr std::uint64_t kGroup = 16'384;

  struct Place {
    std::uint64_t host = 0;  // as TargetSet numbers them
    std::uint16_t port = 0;
  };

  // The ports that are in `likely` come before the others in each group.
  // REQUIRES: frozen targets, no port twice, 1 <= shard.index <= shard.count.
  ScanSpace(const TargetSet& targets, const PortList& ports, std::uint64_t seed, Shard shard,
            const PortList& likely = {});

  [[nodiscard]] std::uint64_t size() const noexcept { return before(whole_); }
  [[nodiscard]] std::uint64_t addresses() const noexcept { return targets_.size(); }
  // REQUIRES, of both: position < size().
  [[nodiscard]] Place place(std::uint64_t position) const noexcept;
  [[nodiscard]] Address address(const Place& place) const noexcept {
    return targets_.at(place.host).address(place.port);
  }

  // How many likely ports each host has.
  [[nodiscard]] std::size_t likely_ports() const noexcept { return first_.size(); }
  // The group that the position is in, and whether it has a likely port. REQUIRES, of both:
  // position < size().
  [[nodiscard]] std::uint64_t group_at(std::uint64_t position) const noexcept {
    return (shard_.index - 1 + position * shard_.count) / group_span_;
  }
  [[nodiscard]] bool is_likely(std::uint64_t position) const noexcept;

  [[nodiscard]] static std::uint64_t group_of(std::uint64_t host) noexcept { return host / kGroup; }
  // The first of this shard's positions in a group, and how many it has.
  [[nodiscard]] std::uint64_t group_start(std::uint64_t group) const noexcept;
  [[nodiscard]] std::uint64_t group_size(std::uint64_t group) const noexcept;

 private:
  // How many of this shard's probes come before the `index`-th of all.
  [[nodiscard]] std::uint64_t before(std::uint64_t index) const noexcept;
  [[nodiscard]] std::uint64_t seed_of(std::uint64_t group) const noexcept;

  [[nodiscard]] std::uint64_t hosts_of(std::uint64_t group) const noexcept;

  const TargetSet& targets_;
  PortList first_;  // the likely ports
  PortList rest_;
  std::uint64_t seed_;
  Shard shard_;
  std::uint64_t whole_;              // addresses times ports
  std::uint64_t group_span_;         // probes of a whole group
  mutable std::uint64_t group_ = 0;  // the one whose order is at hand
  mutable Permutation first_order_;
  mutable Permutation order_;
};

}  // namespace sluice::tools::scan

#endif
