// The sandbox: what the daemon gives up once everything is open.
//
// What it is: four layers, each of which the kernel may lack: no_new_privs (no program that is
// started gains rights), limits (process_limits.h), Landlock (landlock.h) and seccomp
// (system_calls.h). They hold for good, for this process and for what it starts.
// Thread: the main one, and no other exists.
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_SANDBOX_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_SANDBOX_H

#include <string>
#include <string_view>
#include <vector>

#include "../settings/sandbox_mode.h"
#include "landlock.h"
#include "process_limits.h"
#include "sandbox_layer.h"
#include "system_calls.h"

namespace sluice::tools::daemon {

struct SandboxPlan {
  ProcessLimits limits;
  LandlockPlan landlock;
  SystemCallPlan system_calls;
};

// Why this program cannot be confined at all, and nothing if it can: sanitizers, coverage and
// valgrind open files and call what a daemon does not.
std::string_view why_not_confined() noexcept;

// Applies the plan and says what is in force now. Never throws but std::bad_alloc.
// With SandboxMode::off it does nothing. REQUIRES: called once.
std::vector<SandboxLayer> confine(const SandboxPlan& plan, SandboxMode mode);

// Throws std::runtime_error that names each layer that is not in force, if `mode` requires them.
void check_required(const std::vector<SandboxLayer>& layers, SandboxMode mode);

// "no-new-privs, limits, landlock (ABI 7: files)": a line for the log.
std::string summary_of(const std::vector<SandboxLayer>& layers);
// "landlock: the kernel has none": the same of one that is not in force.
std::string describe(const SandboxLayer& layer);

}  // namespace sluice::tools::daemon

#endif
