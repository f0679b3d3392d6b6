// What one layer of the sandbox does, for the log and for sluicectl(8): plain data.
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_SANDBOX_LAYER_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_SANDBOX_LAYER_H

#include <string>

namespace sluice::tools::daemon {

struct SandboxLayer {
  std::string name;  // "landlock"
  bool in_force = false;
  std::string detail;  // what it does, or why it is not in force
};

}  // namespace sluice::tools::daemon

#endif
