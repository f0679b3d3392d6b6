// The files that this program consists of: itself, its interpreter, its libraries.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_PROGRAM_FILES_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_PROGRAM_FILES_H

#include <string>
#include <vector>

namespace sluice::tools::daemon {

struct ProgramFile {
  std::string path;
  bool executed = false;  // the kernel starts it: the program, and its interpreter (ld.so)
};

// Those of the program that runs, as far as the system says it.
std::vector<ProgramFile> program_files();

}  // namespace sluice::tools::daemon

#endif
