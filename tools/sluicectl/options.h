// The command line of sluicectl(8).
//
// Errors: UsageError that names what was read and what is allowed.
#ifndef SLUICE_TOOLS_SLUICECTL_OPTIONS_H
#define SLUICE_TOOLS_SLUICECTL_OPTIONS_H

#include <span>
#include <string>

#include "../common/command_line.h"

namespace sluice::tools::control {

// The one command that is not of the daemon.
inline constexpr const char* kTop = "top";
// The one whose answer has no end.
inline constexpr const char* kMonitor = "monitor";

inline constexpr const char* kDefaultSocket = "/run/sluiced/control";

struct ControlOptions {
  std::string socket = kDefaultSocket;
  bool json = false;
  std::string sort;     // empty: as the daemon sent the rows
  std::string command;  // the words, with one space between each two
  std::string answer;   // of --help or --version: print it and exit
};

ControlOptions parse_control_options(int argc, const char* const* argv);

[[nodiscard]] std::span<const OptionSpec> control_option_table() noexcept;

}  // namespace sluice::tools::control

#endif
