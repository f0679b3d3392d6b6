// The main() of every program, its outcome, and the exit status that its parent gets.
//
// run_program() occupies the standard streams, sets the signals, runs the program and turns its
// Outcome, or what it throws, into an exit status. A failure is reported in one line on the
// standard error, wrong usage in one for each error and one that refers to --help.
// Thread: the main one.
#ifndef SLUICE_TOOLS_COMMON_PROGRAM_H
#define SLUICE_TOOLS_COMMON_PROGRAM_H

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice::tools {

// Each program's page lists the values that it uses, under EXIT STATUS.
enum class ExitStatus : std::uint8_t {
  success = 0,      // everything that was asked for is done; sluiced: a signal stopped it
  failed = 1,       // something that was asked for is not done; the standard error has the reason
  wrong_usage = 2,  // the command line, or a list that it names, is wrong
  timed_out = 3,    // sluice-talk: --timeout or --wait expired
};

// Added to the number of a signal, as a shell does.
inline constexpr int kSignalStatus = 128;

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string message;  // one line for the standard error; empty if there is nothing left to say
  // A signal that terminates the program, or 0: the shell must see the signal itself, so that a
  // loop in a script ends too.
  int signal = 0;
  // A signal that cut the work short, or 0. The results until then have been delivered, so the
  // status is kSignalStatus plus its number.
  int interrupted_by = 0;
};

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
