// Which hosts of a group are down, by the likely ports that are scanned first.
//
// What it is: a scan with rounds does the likely ports of a group of hosts (ScanSpace::kGroup), and
// waits for their results. A host of which none was answered, in any way, is taken for down, and
// its other ports are not probed. Of a group whose likely ports another run has scanned nothing is
// known, and every host counts as up.
// Lifetime: the space outlives it. Thread: one. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_HOST_ROUNDS_H
#define SLUICE_TOOLS_SLUICE_SCAN_HOST_ROUNDS_H

#include <cstdint>
#include <optional>
#include <vector>

#include "listings/listing.h"
#include "targets/scan_space.h"

namespace sluice::tools::scan {

class HostRounds {
 public:
  // `next` is the first position of this run.
  HostRounds(const ScanSpace& space, std::uint64_t next);

  // Whether the results of all earlier positions have to be known before this one is scanned.
  // REQUIRES: positions in order.
  bool must_wait(std::uint64_t position);
  void all_known() noexcept { waits_ = false; }
  // A result of any position.
  void saw(const PortResult& result);
  // The state of a port that need not be probed. REQUIRES: !must_wait(position).
  [[nodiscard]] std::optional<PortState> state_of_down(std::uint64_t position,
                                                       const ScanSpace::Place& place) const;

 private:
  enum class Host : std::uint8_t { silent, unreachable, up };

  const ScanSpace& space_;
  std::uint64_t group_ = ~std::uint64_t{0};
  bool known_ = false;  // the likely ports of the group were scanned by this run
  bool first_ = false;  // the position is in the first round
  bool waits_ = false;
  std::vector<Host> hosts_;  // of the group
};

}  // namespace sluice::tools::scan

#endif
