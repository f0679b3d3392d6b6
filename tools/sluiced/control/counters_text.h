// The names of a loop's counters, as the control socket shows them.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_COUNTERS_TEXT_H
#define SLUICE_TOOLS_SLUICED_CONTROL_COUNTERS_TEXT_H

#include <cstdint>
#include <functional>
#include <string>

#include "../../../reactor/loop/loop.h"

namespace sluice::tools::daemon {

// Calls `use` for each counter, in the order of sluiced(8), COUNTERS.
void each_counter(const Counters& counters,
                  const std::function<void(const std::string& name, std::uint64_t value)>& use);

}  // namespace sluice::tools::daemon

#endif
