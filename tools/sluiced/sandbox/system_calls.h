// seccomp: the process keeps only the system calls that a service needs.
//
// A call that is not allowed fails with EPERM and does nothing. It does not end the process: a rare
// path of a library, or a newer one, must not take a service down that would go on without.
// Thread: the main one, and no other exists. Source: seccomp(2), seccomp_rule_add(3).
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_SYSTEM_CALLS_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_SYSTEM_CALLS_H

#include "sandbox_layer.h"

namespace sluice::tools::daemon {

struct SystemCallPlan {
  // Opens files and sockets itself: it reads a configuration again, binds, looks up names.
  bool opens = true;
  // Starts another program: itself, at an upgrade.
  bool executes = true;
  // Has threads besides the first one, which are made afterwards.
  bool threads = false;
  // Connects to the server that carries a chat between machines.
  bool connects = false;
};

// Applies it for good, to this process and to what it starts. REQUIRES: no_new_privs. Never throws
// but std::bad_alloc: the layer says why it is not in force.
SandboxLayer restrict_system_calls(const SystemCallPlan& plan);

}  // namespace sluice::tools::daemon

#endif
