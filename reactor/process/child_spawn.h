// Starts a program with three given streams. Only for ChildProcess.
//
// Thread: any. Errors: spawn() throws std::system_error (the errno of posix_spawn()),
// std::invalid_argument and std::bad_alloc.
// Source: POSIX.1-2017 posix_spawn().
#ifndef SLUICE_REACTOR_PROCESS_CHILD_SPAWN_H
#define SLUICE_REACTOR_PROCESS_CHILD_SPAWN_H

#include <sys/types.h>

#include "../base/fd.h"
#include "child_process.h"

namespace sluice {

// The descriptors of a child, and the other ends of its pipes.
struct ChildStreams {
  explicit ChildStreams(const ChildOptions& options);

  Fd own[3];     // for the child: open on 0, 1 and 2; empty for ChildStream::inherit
  Fd others[3];  // for this process; empty if the stream is no pipe
};

[[nodiscard]] pid_t spawn(const ChildOptions& options, const ChildStreams& streams);

}  // namespace sluice

#endif
