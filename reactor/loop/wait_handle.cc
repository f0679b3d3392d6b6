#include "wait_handle.h"

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
#include <unistd.h>

#include <cerrno>
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
  TimerDescriptor timer;
  timer.open();
  Fd wake = checked(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");  // for the first poll()
  for (const int fd : {backend, timer.fd(), wake.get()}) watch_with(all.get(), fd);
  all_ = std::move(all);
  timer_ = std::move(timer);
  wake_ = std::move(wake);
  loop_ = loop;
  after_wait_.bind<&WaitHandle::on_woken>(this);
  after_wait_.start_second(loop);
}

void WaitHandle::stop() noexcept {
  if (all_) after_wait_.stop(loop_);
  timer_.close();
  for (Fd* fd : {&all_, &wake_}) fd->reset();
}

void WaitHandle::wake() noexcept {
  const std::uint64_t one = 1;
  // It fails only when it is readable already.
  (void)!::write(wake_.get(), &one, sizeof one);
}

void WaitHandle::clear() noexcept {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  (void)timer_.clear();
}

void WaitHandle::wait_until(TimePoint due) noexcept { timer_.set(due); }

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
