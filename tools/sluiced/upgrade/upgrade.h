// Starts another sluiced in place of this one, and hands the sockets over to it.
//
// What it is: the old side of an upgrade; handover.h has the messages. The new program is started
// with the same arguments, and this one serves until the new one says that it is ready.
// Lifetime: must be destroyed before its loop, and not by `done`. The destructor ends a new process
// that is not ready. Thread: the loop's.
// Errors: the constructor throws std::system_error: the program cannot be executed, or there is no
// descriptor or memory.
#ifndef SLUICE_TOOLS_SLUICED_UPGRADE_UPGRADE_H
#define SLUICE_TOOLS_SLUICED_UPGRADE_UPGRADE_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"
#include "../../../reactor/loop/watch.h"
#include "handover_channel.h"

namespace sluice::tools::daemon {

// This program, as it was started.
struct StartedProgram {
  std::string path;  // absolute
  std::vector<std::string> arguments;

  // As it was written on the command line.
  [[nodiscard]] std::string_view name() const noexcept {
    return arguments.empty() ? std::string_view("sluiced") : std::string_view(arguments.front());
  }
  // To be called before the process changes its folder or its root.
  static StartedProgram of_process(int argc, const char* const* argv);
};

// Starts the new process, and ends it again: this process does, or one that may.
struct Launcher {
  // Throws std::system_error that names the program, if it cannot be executed. The new program
  // inherits `channel`.
  std::function<pid_t(const StartedProgram& program, int channel)> start;
  // Its wait status. Kills it if it does not end by itself in that time. Does not throw.
  std::function<int(pid_t process, std::chrono::milliseconds patience)> end;

  static Launcher of_process();
};

// How long a program may take to end that has closed its end of the channel.
inline constexpr std::chrono::milliseconds kEndOfProgram{100};

// What Launcher::of_process() does. Of the two descriptors, which the program inherits, `passed`
// may be -1; Handover::kPassedVariable names it.
pid_t start_program(const StartedProgram& program, int channel, int passed = -1);
int end_program(pid_t process, std::chrono::milliseconds patience) noexcept;

class Upgrade {
 public:
  // How long the new process may take until it is ready.
  static constexpr std::chrono::milliseconds kDeadline = std::chrono::seconds(10);

  // A message that the new process gets before the end.
  using Item = HandoverItem;
  struct Result {
    bool ok = false;
    std::string why;  // unless ok
  };
  // Runs once. If the result is ok, the new process waits for go().
  using Done = std::function<void(const Result& result)>;

  // REQUIRES: the descriptors of the items stay open until `done` runs.
  Upgrade(Loop& loop, const StartedProgram& program, std::vector<Item> items, Done done,
          std::chrono::milliseconds deadline = kDeadline,
          Launcher launcher = Launcher::of_process());
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;
  ~Upgrade();

  [[nodiscard]] pid_t process() const noexcept { return process_; }
  // Counters of a service, for the new process. What it does not accept at once is lost.
  void send(const std::vector<std::string>& fields) const noexcept;
  // The new process serves from now on, and is not ended any more.
  void go() noexcept;

 private:
  Upgrade(Loop& loop, const StartedProgram& program, std::vector<Item> items, Done done,
          std::chrono::milliseconds deadline, Launcher launcher, std::pair<Fd, Fd> ends);
  void on_ready();
  void send_rest();
  void receive();
  void finish(bool ok, const std::string& why);
  [[nodiscard]] std::string end_of_process(std::chrono::milliseconds patience);

  HandoverChannel channel_;
  std::vector<Item> items_;
  std::size_t sent_ = 0;
  Done done_;
  std::chrono::milliseconds deadline_;
  Launcher launcher_;
  pid_t process_ = -1;
  bool finished_ = false;
  bool gone_ = false;  // go() was called, or the process has ended
  Timer silence_;
  Watch watch_;
};

}  // namespace sluice::tools::daemon

#endif
