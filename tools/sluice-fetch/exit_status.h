// What sluice-fetch(1) says to its parent.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_EXIT_STATUS_H
#define SLUICE_TOOLS_SLUICE_FETCH_EXIT_STATUS_H

#include <string>

namespace sluice {

enum class ExitStatus { well = 0, failed = 1, wrong_usage = 2 };

struct Outcome {
  ExitStatus status = ExitStatus::well;
  std::string message;  // one line; empty when there is nothing more to say
  int signal = 0;       // the one that ended it, or 0
};

}  // namespace sluice

#endif
