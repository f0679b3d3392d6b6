#include "timer_descriptor.h"

#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace sluice {

#ifdef __linux__

void TimerDescriptor::open() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  fd_ = Fd(fd);
  due_ = TimePoint::max();
}

void TimerDescriptor::set(TimePoint due) noexcept {
  if (due == due_) return;
  due_ = due;
  itimerspec when{};  // zero: never
  if (due != TimePoint::max()) {
    // A time in the past would count as zero, which is never.
    const auto since = std::max(due.time_since_epoch(), Clock::duration(1));
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    when.it_value.tv_sec = whole.count();
    when.it_value.tv_nsec = static_cast<long>((since - whole).count());
  }
  ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

#else

void TimerDescriptor::open() {
  throw std::system_error(EOPNOTSUPP, std::generic_category(), "no timerfd on this system");
}
void TimerDescriptor::set(TimePoint due) noexcept { due_ = due; }

#endif

bool TimerDescriptor::clear() noexcept {
  std::uint64_t count = 0;
  if (::read(fd_.get(), &count, sizeof count) <= 0) return false;
  due_ = TimePoint::max();
  return true;
}

}  // namespace sluice
