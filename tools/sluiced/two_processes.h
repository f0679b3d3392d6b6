// Serves as two processes: a parent that keeps its privileges, and a worker that has none.
//
// Thread: the main one, and no other exists. Errors: as Parent and serve().
#ifndef SLUICE_TOOLS_SLUICED_TWO_PROCESSES_H
#define SLUICE_TOOLS_SLUICED_TWO_PROCESSES_H

#include <string>
#include <vector>

#include "../common/program.h"
#include "log/log.h"
#include "options.h"
#include "sandbox/account.h"
#include "sandbox/empty_root.h"
#include "sandbox/sandbox_layer.h"
#include "upgrade/handover.h"
#include "upgrade/upgrade.h"

namespace sluice::tools::daemon {

struct TwoProcesses {
  const Options& command_line;
  Options options;  // with the configuration file; the log is open
  Account account;  // of the worker
  const StartedProgram& program;
};

// Returns twice: in the parent when the worker has ended, and in the worker when it has served.
// REQUIRES: root. Throws UsageError for --console, which needs one process.
Outcome serve_in_two(TwoProcesses what, Handover& handover, Log& log);

// Gives up the file system and root, for good: what a worker does first. Throws
// std::system_error, or std::runtime_error if root could be had again.
std::vector<SandboxLayer> leave_root(EmptyRoot root, const Account& account);

}  // namespace sluice::tools::daemon

#endif
