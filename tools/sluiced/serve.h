// Serves, once the options are complete: what one process does, and a worker.
//
// Thread: the main one. Errors: as Daemon; std::runtime_error if a layer of the sandbox is required
// and not in force.
#ifndef SLUICE_TOOLS_SLUICED_SERVE_H
#define SLUICE_TOOLS_SLUICED_SERVE_H

#include <functional>
#include <vector>

#include "log/log.h"
#include "options.h"
#include "privileges/worker_link.h"
#include "sandbox/sandbox.h"
#include "upgrade/handover.h"
#include "upgrade/upgrade.h"

namespace sluice::tools::daemon {

struct Role {
  SandboxPlan (*plan)(const Options& options);
  // Runs when everything is open. Returns the layers that are in force then.
  std::function<std::vector<SandboxLayer>()> give_up_root;
  WorkerLink* link = nullptr;  // of a worker
};

// Until a signal has stopped it. Uses the sockets of `handover` where it has them. REQUIRES: every
// host of the options has been looked up.
void serve(const Options& command_line, const Options& options, const StartedProgram& program,
           Handover& handover, const Role& role, Log& log);

}  // namespace sluice::tools::daemon

#endif
