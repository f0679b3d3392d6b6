// Unix signals as callbacks of the loop.
//
// What it is: while a Signal lives, the signal's disposition is a handler of libev's, and each
// arrival (arrivals before the loop looks are merged, as Unix merges them) runs the function in the
// loop's thread. This is the one room of the library that touches a signal's disposition, and only
// because it was asked to; afterwards the disposition is SIG_DFL.
// Lifetime: must go before its loop; its function may destroy it.
// Thread: the loop's. Several Signals of one loop may share a signal number.
// Errors: the constructor throws std::system_error: EINVAL for a number that is no signal or cannot
// be caught (SIGKILL, SIGSTOP), EBUSY when another loop of the process has the signal.
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
