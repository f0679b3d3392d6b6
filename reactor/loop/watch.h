// Watches a descriptor that another library owns.
//
// What it is: a descriptor, and a function that runs while the descriptor is ready for the
// requested events, turn after turn (level-triggered). An error or a hang-up is reported as
// readiness for all requested events: the library's next call finds the reason. Use a Timer for the
// timeouts of such a library.
// REQUIRES: the descriptor is open when watch() is called, and stop() is called, or the Watch
// destroyed, before the descriptor is closed. A library may also report a close afterwards, if it
// does so in the same callback, before the loop waits again. If the number has become another open
// file by then, call stop() and watch(), or make a new Watch. watch() alone does nothing if the
// mask is unchanged, and epoll then never reports the descriptor.
// If a descriptor is closed while the loop waits for it: select notices, stops the watch and
// reports it (Report::Kind::socket_error, EBADF); poll ends the process (libev's assertion); epoll
// silently forgets the descriptor.
// Lifetime: does not own the descriptor, and does not change its flags. Must be destroyed before
// its loop. The destructor stops it. Its function may stop it, change its mask or destroy it.
// Thread: the loop's.
// Errors: the constructor and watch() throw std::system_error, EBADF: not an open descriptor. The
// loop reports what the function throws, and the watch continues.
// A regular file is always ready, on epoll too, which does not support such files: a loop that
// watches one never waits.
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
  // `events` are those of the requested ones that are ready: kReadable | kWritable.
  using Function = std::function<void(int events)>;

  // Watches nothing yet. REQUIRES: `function` is not empty.
  Watch(Loop& loop, int descriptor, Function function);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // Watches for `events`, kReadable | kWritable, from now on; 0 is stop(). Events that were seen
  // for another mask but not delivered are dropped; if they last, they are seen again.
  void watch(int events);
  void stop() noexcept;
  // The requested events; 0 when stopped.
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
