// The descriptor on which a host waits that runs a loop from its own: Loop::wait_handle(). Not
// installed.
//
// What it is: an epoll descriptor, which is readable when poll() has something to do: an event of
// libev's epoll, a timer that is due, a post of another thread, or a turn that was not finished.
// Lifetime: from start() until it is destroyed, before its loop. Thread: wake(): any; the others:
// the loop's.
// Errors: start() throws std::system_error: EOPNOTSUPP (the backend is not epoll, or the system is
// not Linux), and those of epoll_create1(), epoll_ctl(), timerfd_create() and eventfd().
// Source: epoll(7), timerfd_create(2), eventfd(2).
#ifndef SLUICE_REACTOR_LOOP_WAIT_HANDLE_H
#define SLUICE_REACTOR_LOOP_WAIT_HANDLE_H

#include "../base/fd.h"
#include "../base/timer_queue.h"
#include "timer_descriptor.h"
#include "watcher.h"

namespace sluice {

class WaitHandle {
 public:
  WaitHandle() noexcept = default;
  WaitHandle(const WaitHandle&) = delete;
  WaitHandle& operator=(const WaitHandle&) = delete;
  ~WaitHandle() { stop(); }

  void start(struct ev_loop* loop);
  void stop() noexcept;
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(all_); }
  [[nodiscard]] int fd() const noexcept { return all_.get(); }

  // Makes it readable. Other threads: not while start() or stop() runs.
  void wake() noexcept;
  // Before a turn: what has woken the host is being handled.
  void clear() noexcept;
  // Whether a turn since the last call has found events. Only then may something be watched that
  // the system does not know yet: libev tells it when the next turn begins.
  [[nodiscard]] bool take_events() noexcept;
  // When the host has to come back without an event. TimePoint::max(): never.
  void wait_until(TimePoint due) noexcept;

 private:
  void on_woken() noexcept;

  struct ev_loop* loop_ = nullptr;
  Fd all_;
  TimerDescriptor timer_;
  Fd wake_;
  AfterWaitWatcher after_wait_;
  bool found_events_ = false;
};

}  // namespace sluice

#endif
