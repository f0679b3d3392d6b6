// What sluice-scan(1) says to its parent.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_EXIT_STATUS_H
#define SLUICE_TOOLS_SLUICE_SCAN_EXIT_STATUS_H

#include <string>

namespace sluice {

enum class ExitStatus { complete = 0, incomplete = 1, wrong_usage = 2 };

inline constexpr int kSignalStatus = 128;  // added to the signal's number, as a shell does

struct Outcome {
  ExitStatus status = ExitStatus::complete;
  std::string message;       // one line; empty when all was said
  int signal = 0;            // the one that interrupted it, or 0
  bool reader_left = false;  // nobody reads the listing any more
};

}  // namespace sluice

#endif
