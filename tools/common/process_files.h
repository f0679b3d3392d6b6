// What the system says of a process in files: Linux's /proc. Nothing elsewhere.
//
// Thread: the main one. Errors: nothing throws but std::bad_alloc.
// Source: proc(5).
#ifndef SLUICE_TOOLS_COMMON_PROCESS_FILES_H
#define SLUICE_TOOLS_COMMON_PROCESS_FILES_H

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace sluice::tools {

// Opens what resident_bytes() reads, before the process changes its root.
void open_process_files();
// Of this process.
std::optional<std::uint64_t> resident_bytes();
// Of a process that the caller may look at. Nothing before Linux 6.2.
std::optional<std::uint64_t> open_descriptors(pid_t process);

}  // namespace sluice::tools

#endif
