// The state of a port, in nmap's words where it has one.
//
// Thread: any. Errors: none.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_PORT_STATE_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_PORT_STATE_H

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../../../reactor/sweep/sweep.h"

namespace sluice::tools::scan {

enum class PortState : std::uint8_t {
  open,
  closed,
  filtered,
  open_filtered,  // UDP: no answer, so that nobody can tell which
  unreachable,
  failed
};
inline constexpr std::size_t kPortStates = 6;

// "open", "closed", "filtered", "open|filtered", "unreachable", "failed".
std::string_view to_string(PortState state) noexcept;

PortState port_state(SweepState state) noexcept;

}  // namespace sluice::tools::scan

#endif
