// What one process needs after its start: the plan of its sandbox, from its options.
//
// Thread: the main one. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_PLAN_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_PLAN_H

#include "options.h"
#include "sandbox/sandbox.h"

namespace sluice::tools::daemon {

// A process that serves `options` on its own: it reads its configuration again, binds, writes its
// log, and starts its successor at an upgrade. Folders count as they are now: a configuration that
// names others later needs a new start.
SandboxPlan plan_for_one_process(const Options& options);

// A worker, whose parent opens everything: it opens, connects and starts nothing.
SandboxPlan plan_for_worker(const Options& options);

}  // namespace sluice::tools::daemon

#endif
