// The ports of a scan, as they are written and as a set.
//
//   22,80,8000-8100   ssh,https   top:100   -   (all: 1-65535)
//
// What it is: a sorted list in which each port stands once, however often it was named.
// Errors: parse_ports() throws UsageError that quotes the item that is wrong, and says what is
// allowed. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_PORT_SPEC_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_PORT_SPEC_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../../reactor/names/service_names.h"

namespace sluice::tools::scan {

using PortList = std::vector<std::uint16_t>;

// Of TCP, or of UDP: names of services and top:N differ.
PortList parse_ports(std::string_view text, const ServiceNames& services,
                     Scheme scheme = Scheme::tcp);

// "22,80,8000-8100". REQUIRES: sorted, each port once.
std::string ports_to_string(const PortList& ports);

}  // namespace sluice::tools::scan

#endif
