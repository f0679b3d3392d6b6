// One target of the command line or of a list: a name, an address, or very many addresses.
//
//   example.org   10.0.0.1   10.0.0.0/24   10.0.0-3.1-254   2001:db8::1   2001:db8::/120
//   fe80::1%eth0  fe80::%eth0/120
//
// What it is: a value, and the function that reads it. A prefix means all of its addresses, the
// first and the last one too; bits behind it need not be zero. A v4-mapped IPv6 address is the IPv4
// one. Names are not looked up here.
// Errors: UsageError that quotes what was read and says what is allowed.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_SPEC_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_SPEC_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../common/ip_number.h"

namespace sluice::tools::scan {

struct TargetSpec {
  std::string name;             // or else
  std::vector<IpRange> ranges;  // at least one; several where octets are ranges
};

// What octet ranges may fall apart into: more is memory for nothing, since a prefix says it.
inline constexpr std::uint64_t kMaxRangesOfTarget = 65'536;

TargetSpec parse_target_spec(std::string_view text);

}  // namespace sluice::tools::scan

#endif
