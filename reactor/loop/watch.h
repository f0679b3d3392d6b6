// A foreign descriptor: one that another library owns and waits for, watched by this loop.
//
// What it is: a descriptor and a function that runs whenever it is ready for what is asked for. It
// is told again, turn after turn, for as long as it is ready (level-triggered). An error or a
// hang-up shows as readiness for whatever is asked: the library's next call finds the reason.
// The time-outs of such a library are Timer's.
// REQUIRES: the descriptor is open when watch() is called, and stop() is called, or the Watch goes,
// before the descriptor is closed. A library that tells of a close only afterwards is served too
// when that happens in the same callback: before the loop waits again. When the number has become
// another open file meanwhile, stop() and watch(), or a new Watch, begin with that one. watch()
// alone does nothing for a mask that is the old one, and epoll is then silent for ever.
// A descriptor that is closed while the loop waits for it: select finds out, stops the watch and
// reports (Report::Kind::socket_error, EBADF); poll ends the process (libev's assertion); epoll
// forgets the descriptor without a word.
// Lifetime: does not own the descriptor, which keeps its flags. Must go before its loop; going
// stops it. Its function may stop it, change its mask or destroy it.
// Thread: the loop's.
// Errors: the constructor and watch() throw std::system_error, EBADF: not an open descriptor. What
// the function throws is reported by the loop, and the watch goes on.
// A regular file is always ready, on epoll too, which knows no such files: a loop that watches one
// never waits.
// Source: POSIX.1-2017 poll(); epoll(7) on closed descriptors.
#ifndef SLUICE_REACTOR_LOOP_WATCH_H
#define SLUICE_REACTOR_LOOP_WATCH_H

#include <functional>

#include "../base/export.h"
#include "callback.h"
#include "loop.h"
#include "watcher.h"

namespace sluice {

class SLUICE_EXPORT Watch {
 public:
  // `events` is what it is ready for, of what is asked for: kReadable | kWritable.
  using Function = std::function<void(int events)>;

  // Watches for nothing yet. REQUIRES: `function` is not empty.
  Watch(Loop& loop, int descriptor, Function function);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // Watches for `events`, kReadable | kWritable, from now on; 0 is stop(). Readiness that was seen
  // for another mask and not told yet is forgotten; if it lasts, it is seen again.
  void watch(int events);
  void stop() noexcept;
  // What is watched for; 0 when stopped.
  [[nodiscard]] int events() const noexcept { return watcher_.events(); }
  [[nodiscard]] int descriptor() const noexcept { return watcher_.fd(); }

 private:
  SLUICE_LOCAL void check_open() const;
  SLUICE_LOCAL void on_ready(int events) noexcept;
  SLUICE_LOCAL void on_refused() noexcept;

  Loop& loop_;
  detail::Callback<Function> function_;
  IoWatcher watcher_;
};

}  // namespace sluice

#endif
