// The commands of the control socket.
//
// Errors: what is wrong with a command is in its answer. May throw std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_COMMANDS_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_COMMANDS_H

#include <functional>
#include <string>
#include <string_view>

#include "control_answer.h"
#include "control_target.h"

namespace sluice::tools::daemon {

// The client that gave a command.
class ControlClient {
 public:
  // The answer is made later, by `make`, when the function is called, which may be at once. It does
  // nothing if the client has left. Without memory for the answer it ends the connection, so that
  // the client does not wait. It does not throw.
  using Make = std::function<void(ControlAnswer& answer)>;
  virtual std::function<void(const Make& make)> end_later() = 0;
  // The answer is the events from now on, until the client closes the connection.
  virtual void watch(Monitor& monitor) = 0;
  // For the log: "user 1000".
  [[nodiscard]] virtual std::string name() const = 0;

 protected:
  ~ControlClient() = default;
};

// Runs one line.
void run_command(ControlTarget& target, ControlClient& client, std::string_view line,
                 ControlAnswer& answer);

}  // namespace sluice::tools::daemon

#endif
