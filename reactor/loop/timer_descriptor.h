// A deadline of the system in nanoseconds, as a descriptor that becomes readable (timerfd, Linux).
// Not installed.
//
// Thread: of its owner. Errors: open() throws std::system_error: EMFILE, ENFILE, ENOMEM;
// EOPNOTSUPP where the system has no such descriptors.
#ifndef SLUICE_REACTOR_LOOP_TIMER_DESCRIPTOR_H
#define SLUICE_REACTOR_LOOP_TIMER_DESCRIPTOR_H

#include "../base/fd.h"
#include "../base/timer_queue.h"

namespace sluice {

class TimerDescriptor {
 public:
  // Without it, this object does nothing.
  void open();
  void close() noexcept { fd_.reset(); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  // TimePoint::max(): never. One system call, if it changes.
  void set(TimePoint due) noexcept;
  // Makes it unreadable. Returns whether it was readable; then it is not set any more.
  bool clear() noexcept;

 private:
  Fd fd_;
  TimePoint due_ = TimePoint::max();
};

}  // namespace sluice

#endif
