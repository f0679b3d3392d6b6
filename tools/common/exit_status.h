// The outcome of a program, and the exit status that its parent gets.
#ifndef SLUICE_TOOLS_COMMON_EXIT_STATUS_H
#define SLUICE_TOOLS_COMMON_EXIT_STATUS_H

#include <cstdint>
#include <string>

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

}  // namespace sluice::tools

#endif
