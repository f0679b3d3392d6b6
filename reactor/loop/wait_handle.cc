#include "wait_handle.h"

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "libev_loop.h"

namespace sluice {

#ifdef __linux__

namespace {

Fd checked(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), call);
  return Fd(fd);
}

void watch_with(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0) return;
  throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

void WaitHandle::start(struct ev_loop* loop) {
  const int backend = detail::loop_descriptor(loop);
  if (backend < 0) {
    throw std::system_error(EOPNOTSUPP, std::generic_category(),
                            "only a loop on epoll has a descriptor to wait for");
  }
  Fd all = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  Fd timer =
      checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
  Fd wake = checked(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");  // for the first poll()
  for (const int fd : {backend, timer.get(), wake.get()}) watch_with(all.get(), fd);
  all_ = std::move(all);
  timer_ = std::move(timer);
  wake_ = std::move(wake);
  loop_ = loop;
  after_wait_.bind<&WaitHandle::on_woken>(this);
  after_wait_.start_second(loop);
}

void WaitHandle::stop() noexcept {
  if (all_) after_wait_.stop(loop_);
  for (Fd* fd : {&all_, &timer_, &wake_}) fd->reset();
}

void WaitHandle::wake() noexcept {
  const std::uint64_t one = 1;
  // It fails only when it is readable already.
  (void)!::write(wake_.get(), &one, sizeof one);
}

void WaitHandle::clear() noexcept {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  if (::read(timer_.get(), &count, sizeof count) > 0) armed_for_ = TimePoint::max();
}

void WaitHandle::wait_until(TimePoint due) noexcept {
  if (due == armed_for_) return;
  armed_for_ = due;
  itimerspec when{};  // zero: never
  if (due != TimePoint::max()) {
    // A time in the past would count as zero, which is never.
    const auto since = std::max(due.time_since_epoch(), Clock::duration(1));
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    when.it_value.tv_sec = whole.count();
    when.it_value.tv_nsec = static_cast<long>((since - whole).count());
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

#else

void WaitHandle::start(struct ev_loop* /*loop*/) {
  throw std::system_error(EOPNOTSUPP, std::generic_category(),
                          "only a loop on epoll has a descriptor to wait for");
}
void WaitHandle::stop() noexcept {}
void WaitHandle::wake() noexcept {}
void WaitHandle::clear() noexcept {}
void WaitHandle::wait_until(TimePoint /*due*/) noexcept {}

#endif

void WaitHandle::on_woken() noexcept { found_events_ |= detail::loop_pending(loop_) > 0; }
bool WaitHandle::take_events() noexcept { return std::exchange(found_events_, false); }

}  // namespace sluice
