// The ports on which TCP services are commonly found, the commonest first: what "top:N" means.
//
// What it is: a list without repetition, made once. common_ports_table.h says where it comes from.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_COMMON_PORTS_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_COMMON_PORTS_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::tools::scan {

// How many are scanned when none are named. The list is at least so long.
inline constexpr std::size_t kDefaultTopPorts = 1000;

const std::vector<std::uint16_t>& common_ports();

}  // namespace sluice::tools::scan

#endif
