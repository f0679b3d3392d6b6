// --console: the daemon's own terminal, as a member of its chat and a voice of its broadcast.
//
// What it is: the lines of the standard input, handed to one service or two, and what these say, on
// the standard output. With a chat a line is said there, and `/publish TEXT` is broadcast where
// there is a broadcast too; with a broadcast alone every line is. The end of the input is a
// goodbye, and the daemon goes on. It goes on in the background of the terminal, too, and after ^Z:
// the console waits until the daemon is in the foreground.
// Memory: what the standard output does not take waits, Output::kHighWater bytes of it; more is
// dropped.
// Lifetime: it is destroyed before the services and the loop. Thread: the loop's.
// Errors: the constructor throws std::system_error; what fails later is logged.
#ifndef SLUICE_TOOLS_SLUICED_CONSOLE_H
#define SLUICE_TOOLS_SLUICED_CONSOLE_H

#include <string_view>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../common/output.h"
#include "../common/terminal/line_input.h"
#include "log/log.h"
#include "services/service.h"

namespace sluice::tools::daemon {

class DaemonConsole final : private Console {
 public:
  // REQUIRES: not both services are null. go_on_in_background() has been called.
  DaemonConsole(Loop& loop, Log& log, Service* talks, Service* publishes);
  DaemonConsole(const DaemonConsole&) = delete;
  DaemonConsole& operator=(const DaemonConsole&) = delete;
  ~DaemonConsole();

  // The daemon drains: the services must not wait for the terminal.
  void stop() noexcept;
  // That service drains. Without its chat the terminal closes, since a line that was meant for a
  // room must not be broadcast.
  void release(const Service& service) noexcept;

 private:
  void print(std::string_view text) noexcept override;
  void leave() noexcept override;
  void on_line(std::string_view line);
  void on_stop_key();
  void close_services() noexcept;

  Log& log_;
  Service* talks_;
  Service* publishes_;
  bool open_ = true;
  Output output_;
  LineInput input_;
  Signal stop_key_;
};

}  // namespace sluice::tools::daemon

#endif
