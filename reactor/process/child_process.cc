#include "child_process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "../loop/loop_internals.h"
#include "child_spawn.h"

namespace sluice {

namespace {

#if defined(__linux__) && defined(SYS_pidfd_open) && !defined(SLUICE_PORTABLE)

// Empty if the kernel has none (before Linux 5.3, or a sandbox).
Fd open_pidfd(pid_t pid) noexcept {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// Reaches no other process, even if the number is in use again.
void signal_child(const Fd& pidfd, pid_t pid, int signal) noexcept {
  if (pidfd) {
    (void)::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
  } else {
    ::kill(pid, signal);
  }
}

#else

Fd open_pidfd(pid_t /*pid*/) noexcept { return {}; }

void signal_child(const Fd& /*pidfd*/, pid_t pid, int signal) noexcept { ::kill(pid, signal); }

#endif

// Null if there is none. strsignal() may not be called in two threads at once.
const char* description_of([[maybe_unused]] int signal) noexcept {
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
  return ::sigdescr_np(signal);
#endif
#endif
  return nullptr;
}

}  // namespace

std::string ChildExit::message() const {
  if (signal != 0) {
    const char* const name = description_of(signal);
    const std::string text = "signal " + std::to_string(signal);
    return name == nullptr ? text : text + " (" + name + ")";
  }
  return code ? "exit status " + std::to_string(*code) : "unknown status";
}

ChildProcess::ChildProcess(Loop& loop, const ChildOptions& options, Ended ended)
    : loop_(loop),
      ended_(std::move(ended)),
      ask_again_(loop, [this] { ask(); }),
      kill_(loop, [this] { kill(SIGKILL); }) {
  LoopInternals::assert_thread(loop);
  assert(ended_);
  ChildStreams streams(options);
  pid_ = spawn(options, streams);
  try {
    watch();
  } catch (...) {
    kill(SIGKILL);
    ChildExit exit;
    (void)reap(exit, true);
    throw;
  }
  input_ = std::move(streams.others[STDIN_FILENO]);
  output_ = std::move(streams.others[STDOUT_FILENO]);
  error_ = std::move(streams.others[STDERR_FILENO]);
}

ChildProcess::~ChildProcess() {
  if (!running_) return;
  kill(SIGKILL);
  ChildExit exit;
  (void)reap(exit, true);
}

void ChildProcess::watch() {
  pidfd_ = open_pidfd(pid_);
  if (!pidfd_) return ask_again_.start_repeating(kAskEvery);
  watch_ = std::make_unique<Watch>(loop_, pidfd_.get(), [this](int) { ask(); });
  watch_->watch(kReadable);
}

// Returns whether the child has ended.
bool ChildProcess::reap(ChildExit& exit, bool wait) const noexcept {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | (wait ? 0 : WNOHANG));
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    exit.is_known = false;  // ECHILD: the host has waited for it
    return true;
  }
  if (info.si_pid == 0) return false;
  if (info.si_code == CLD_EXITED) {
    exit.code = info.si_status;
  } else {
    exit.signal = info.si_status;
  }
  return true;
}

void ChildProcess::ask() {
  ChildExit exit;
  if (!reap(exit, false)) return;
  running_ = false;
  kill_.stop();
  ask_again_.stop();
  if (watch_ != nullptr) watch_->stop();
  const Ended ended = std::move(ended_);  // it may destroy this object
  ended(exit);
}

void ChildProcess::kill(int signal) noexcept {
  if (running_) signal_child(pidfd_, pid_, signal);
}

void ChildProcess::terminate(std::chrono::milliseconds patience) {
  LoopInternals::assert_thread(loop_);
  if (!running_) return;
  kill_.start(patience);
  kill(SIGTERM);
}

}  // namespace sluice
