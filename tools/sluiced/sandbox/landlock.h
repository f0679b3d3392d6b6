// Landlock: the process keeps only the named uses of the file system, TCP and signals.
//
// What it is: rules, collected with their paths open, and then applied for good, to this process
// and to what it starts. Descriptors that are open already are not affected.
// Thread: the main one, and no other exists. Errors: as the functions say.
// Source: landlock(7).
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_LANDLOCK_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_LANDLOCK_H

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox_layer.h"

namespace sluice::tools::daemon {

// What is allowed at a path, and below it if it is a folder. They add up.
enum class PathUse : std::uint8_t {
  read,     // files, and the names in folders
  execute,  // read, and start as a program
  log,      // make and write regular files
  sockets,  // make and remove Unix sockets, which includes removing other files
};

struct PathRule {
  std::string path;
  PathUse use = PathUse::read;

  friend bool operator==(const PathRule&, const PathRule&) = default;
};

struct LandlockPlan {
  // One that does not exist is left out.
  std::vector<PathRule> paths;
  std::vector<std::uint16_t> connect_tcp;  // the ports that may be connected to
  bool may_bind_tcp = true;
};

// The version of the kernel's interface; 0 if it has none, or does not let us use it.
int landlock_abi() noexcept;

// Applies it, as far as the kernel's version can. REQUIRES: no_new_privs. Never throws but
// std::bad_alloc: the layer says why it is not in force.
SandboxLayer apply_landlock(const LandlockPlan& plan);

}  // namespace sluice::tools::daemon

#endif
