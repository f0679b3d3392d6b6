// The root directory of a process that opens no file: an empty one, in which nothing can be made.
//
// Thread: the main one, and no other exists. Source: chroot(2), hier(7).
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_EMPTY_ROOT_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_EMPTY_ROOT_H

#include <optional>
#include <string>

#include "../../../reactor/base/fd.h"
#include "sandbox_layer.h"

namespace sluice::tools::daemon {

struct EmptyRoot {
  static constexpr const char* kUsual = "/var/empty";

  Fd directory;
  std::string name;  // for a message

  // Opens `path`, which must belong to root and be writable for nobody else. Without a path, opens
  // kUsual if it is like that and empty; otherwise a new directory, which it removes at once.
  // Throws std::runtime_error with the reason, and std::system_error that names the path.
  static EmptyRoot open(const std::optional<std::string>& path);
};

// Makes it the root and the current directory of this process. Throws std::system_error. REQUIRES:
// root.
SandboxLayer enter(EmptyRoot root);

}  // namespace sluice::tools::daemon

#endif
