// Limits of the process (RLIMIT_...) that it gives itself for good.
//
// Thread: any. Source: getrlimit(2).
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_PROCESS_LIMITS_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_PROCESS_LIMITS_H

#include "sandbox_layer.h"

namespace sluice::tools::daemon {

struct ProcessLimits {
  bool no_processes = false;    // it starts no other
  bool no_file_growth = false;  // it writes to no regular file
};

// There are no core dumps, in which the data of peers would be. Never throws but std::bad_alloc:
// the layer says why it is not in force.
SandboxLayer apply_limits(const ProcessLimits& limits);

// Whether the descriptor is a regular file, and so is limited by no_file_growth.
bool is_regular_file(int descriptor) noexcept;

}  // namespace sluice::tools::daemon

#endif
