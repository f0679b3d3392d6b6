// What sluice-talk(1) says to its parent, and an end that is not a good one.
#ifndef SLUICE_TOOLS_SLUICE_TALK_EXIT_STATUS_H
#define SLUICE_TOOLS_SLUICE_TALK_EXIT_STATUS_H

#include <stdexcept>
#include <string>

namespace sluice {

enum class ExitStatus { well = 0, failed = 1, wrong_usage = 2, timed_out = 3 };

struct Outcome {
  ExitStatus status = ExitStatus::well;
  std::string message;  // one line; empty when all went well
  int signal = 0;       // the one that ended it, or 0
};

// A failure of the network: what() names the endpoint and the reason.
class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice

#endif
