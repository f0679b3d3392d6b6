// A child process: its start, its streams, its end.
//
//   sluice::ChildOptions options{.arguments = {"sort", "-u"}};
//   options.input = options.output = sluice::ChildStream::pipe;
//   sluice::ChildProcess sort(loop, options, [](sluice::ChildExit exit) { ... });
//   adopt_pipe(loop, sort.take_input(), writer);
//   adopt_pipe(loop, sort.take_output(), reader);
//
// What it is: posix_spawn(3), and a function that the loop runs when the child has ended. On Linux
// the loop watches a pidfd; elsewhere it asks with waitid() every kAskEvery.
// The child gets three streams and no other descriptor (where the system can close them:
// posix_spawn_file_actions_addclosefrom_np()), no blocked signal, and the default action for each
// signal.
// The host's own children: the library installs no SIGCHLD handler and waits for no other child. A
// host that waits for all its children (waitpid(-1), SIGCHLD ignored) may take the status away:
// then ChildExit::is_known is false, and the end is reported all the same, on Linux.
// Lifetime: must be destroyed before its loop. The destructor kills a child that still runs
// (SIGKILL) and waits for it, so that no zombie remains; it calls nothing. The function may destroy
// the object. The streams that were taken live on.
// Thread: the loop's.
// Errors: the constructor throws std::system_error: ENOENT, EACCES (no such program, or not
// executable), EAGAIN, EMFILE, ENOMEM; std::invalid_argument without arguments, or if a text of
// the options holds a NUL. The loop reports what the function throws.
// Units: milliseconds.
// Source: POSIX.1-2017 posix_spawn(), waitid(); pidfd_open(2).
#ifndef SLUICE_REACTOR_PROCESS_CHILD_PROCESS_H
#define SLUICE_REACTOR_PROCESS_CHILD_PROCESS_H

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../base/export.h"
#include "../base/fd.h"
#include "../loop/loop.h"
#include "../loop/timer.h"
#include "../loop/watch.h"

namespace sluice {

enum class ChildStream : std::uint8_t {
  null,     // /dev/null
  inherit,  // that of this process
  pipe      // a pipe, whose other end take_input() and so on return
};

struct ChildOptions {
  std::vector<std::string> arguments{};  // the first is the program, looked for in PATH
  // "NAME=value"; none: the environment of this process.
  std::optional<std::vector<std::string>> environment{};
  std::string directory{};  // empty: that of this process
  ChildStream input = ChildStream::null;
  ChildStream output = ChildStream::null;
  ChildStream error = ChildStream::inherit;
};

// How a child has ended.
struct SLUICE_EXPORT ChildExit {
  bool is_known = true;       // false if the host has taken the status away
  std::optional<int> code{};  // of exit(), 0-255
  int signal = 0;             // that has ended it; 0 if none did

  [[nodiscard]] bool is_success() const noexcept { return code == 0; }
  // "exit status 1", "signal 9 (Killed)", "unknown status".
  [[nodiscard]] std::string message() const;
};

class SLUICE_EXPORT ChildProcess {
 public:
  static constexpr std::chrono::milliseconds kAskEvery{20};
  using Ended = std::function<void(ChildExit exit)>;

  // The child runs when it returns. REQUIRES: `ended` is not empty.
  ChildProcess(Loop& loop, const ChildOptions& options, Ended ended);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // The ends of the pipes, for adopt_pipe() or for the program's own use. Each is returned once;
  // empty if there is no such pipe. One that is not taken is closed with the object, and stays open
  // until then: a child that waits for the end of its input waits for that.
  [[nodiscard]] Fd take_input() noexcept { return std::move(input_); }
  [[nodiscard]] Fd take_output() noexcept { return std::move(output_); }
  [[nodiscard]] Fd take_error() noexcept { return std::move(error_); }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running() const noexcept { return running_; }
  // Sends a signal. Does nothing once the child has ended.
  void kill(int signal) noexcept;
  // SIGTERM now, and SIGKILL if it still runs after `patience`. Throws std::bad_alloc.
  void terminate(std::chrono::milliseconds patience);

 private:
  SLUICE_LOCAL void watch();
  SLUICE_LOCAL void ask();
  [[nodiscard]] SLUICE_LOCAL bool reap(ChildExit& exit, bool wait) const noexcept;

  Loop& loop_;
  Ended ended_;
  Fd input_, output_, error_;
  pid_t pid_ = -1;
  bool running_ = true;
  Fd pidfd_;
  std::unique_ptr<Watch> watch_;  // of pidfd_
  Timer ask_again_;               // where there is no pidfd
  Timer kill_;
};

}  // namespace sluice

#endif
