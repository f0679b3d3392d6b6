// The main() of every program.
//
// run_program() occupies the standard streams, sets the signals, runs the program and turns its
// Outcome, or what it throws, into an exit status. A failure is reported in one line on the
// standard error, wrong usage in one for each error and one that refers to --help.
// Thread: the main one.
#ifndef SLUICE_TOOLS_COMMON_PROGRAM_H
#define SLUICE_TOOLS_COMMON_PROGRAM_H

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "exit_status.h"

namespace sluice::tools {

struct Program {
  // Neither may allocate: main() makes them before run_program() can report that memory is short.
  const char* name;
  std::initializer_list<int> signals;  // unblocked first: a parent may have left them blocked
  bool ignores_pipe = false;  // write() reports that a reader has left, and SIGPIPE does not kill
  std::function<Outcome(int argc, char** argv)> run;
  // Reports a failure other than wrong usage. If empty, it is "NAME: WHY" on the standard error.
  std::function<void(std::string_view why)> report;
};

// Returns the exit status. An exception becomes ExitStatus::wrong_usage if it is a UsageError, and
// ExitStatus::failed otherwise.
int run_program(const Program& program, int argc, char** argv) noexcept;

// For --help and --version: writes `text` to the standard output. Throws as
// write_standard_output().
Outcome answer_with(std::string_view text);

}  // namespace sluice::tools

#endif
