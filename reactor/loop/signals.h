// Unix signals as callbacks of the loop.
//
// What it is: while a Signal exists, libev handles the signal, and each arrival runs the function
// in the loop's thread. Arrivals before the loop looks are merged, as Unix merges them. This is the
// only part of the library that changes a signal's disposition, and only on request; the destructor
// sets it to SIG_DFL.
// Lifetime: must be destroyed before its loop. Its function may destroy it.
// Thread: the loop's. Several Signals of one loop may have the same number.
// Errors: the constructor throws std::system_error: EINVAL for an invalid number or a signal that
// cannot be caught (SIGKILL, SIGSTOP), EBUSY if another loop of the process has the signal. The
// loop reports what the function throws.
// Source: POSIX.1-2017 sigaction().
#ifndef SLUICE_REACTOR_LOOP_SIGNALS_H
#define SLUICE_REACTOR_LOOP_SIGNALS_H

#include "../base/export.h"
#include "callback.h"
#include "loop.h"
#include "watcher.h"

namespace sluice {

class SLUICE_EXPORT Signal {
 public:
  Signal(Loop& loop, int signal, Task function);
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal();
  [[nodiscard]] int number() const noexcept { return signal_; }

 private:
  SLUICE_LOCAL void on_signal() noexcept;

  Loop& loop_;
  int signal_;
  detail::Callback<Task> function_;
  SignalWatcher watcher_;
};

}  // namespace sluice

#endif
