// The ports on which TCP and UDP services are commonly found, the commonest first: what "top:N"
// means.
//
// What it is: a list of each, without repetition, made once. common_ports_table.h says where they
// come from.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_COMMON_PORTS_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_COMMON_PORTS_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../../reactor/base/endpoint.h"

namespace sluice::tools::scan {

// How many are scanned when none are named. The list is at least so long.
inline constexpr std::size_t kDefaultTopPorts = 1000;
inline constexpr std::size_t kDefaultTopUdpPorts = 100;

const std::vector<std::uint16_t>& common_ports(Scheme scheme = Scheme::tcp);

}  // namespace sluice::tools::scan

#endif
