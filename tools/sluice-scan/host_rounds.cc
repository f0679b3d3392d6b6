#include "host_rounds.h"

#include <algorithm>

namespace sluice::tools::scan {

HostRounds::HostRounds(const ScanSpace& space, std::uint64_t next) : space_(space) {
  if (next >= space.size()) return;
  // A group in the middle of which the run begins.
  const std::uint64_t group = space.group_at(next);
  if (next == space.group_start(group)) return;
  group_ = group;
  first_ = space.is_likely(next);
}

bool HostRounds::must_wait(std::uint64_t position) {
  if (space_.likely_ports() == 0) return false;
  const std::uint64_t group = space_.group_at(position);
  const bool first = space_.is_likely(position);
  if (group != group_) {
    group_ = group;
    known_ = true;
    hosts_.assign(static_cast<std::size_t>(ScanSpace::kGroup), Host::silent);
  } else if (first_ && !first) {
    waits_ = known_;
  }
  first_ = first;
  return waits_;
}

void HostRounds::saw(const PortResult& result) {
  if (!known_) return;
  const std::uint64_t host = space_.place(result.target.tag).host;
  if (ScanSpace::group_of(host) != group_) return;
  Host& known = hosts_[static_cast<std::size_t>(host % ScanSpace::kGroup)];
  const bool silent = result.state == PortState::filtered && result.error == 0;
  const bool unreachable = result.state == PortState::unreachable;
  known = std::max(known, silent ? Host::silent : unreachable ? Host::unreachable : Host::up);
}

std::optional<PortState> HostRounds::state_of_down(std::uint64_t position,
                                                   const ScanSpace::Place& place) const {
  if (!known_ || space_.likely_ports() == 0 || space_.is_likely(position)) return std::nullopt;
  const Host host = hosts_[static_cast<std::size_t>(place.host % ScanSpace::kGroup)];
  if (host == Host::up) return std::nullopt;
  return host == Host::silent ? PortState::filtered : PortState::unreachable;
}

}  // namespace sluice::tools::scan
