#include "watcher.h"

#include <cstddef>

#include <ev.h>

namespace sluice {

// The header assumes these sizes and offsets without seeing them.
static_assert(EV_MULTIPLICITY, "sluice needs a libev with many loops");
static_assert(kReadable == EV_READ && kWritable == EV_WRITE &&
              kRefused == static_cast<int>(EV_ERROR));

template <class Ev, class Watcher>
constexpr bool fits() {
  return sizeof(Ev) <= sizeof(Watcher) && alignof(Ev) <= alignof(Watcher) &&
         offsetof(Ev, data) == detail::kWatcherDataOffset;
}
static_assert(fits<ev_io, IoWatcher>() && sizeof(IoWatcher) == sizeof(ev_io));
static_assert(offsetof(ev_io, fd) == detail::kWatcherFdOffset);
static_assert(fits<ev_timer, TimerWatcher>() && fits<ev_async, AsyncWatcher>());
static_assert(fits<ev_prepare, BeforeWaitWatcher>() && fits<ev_check, AfterWaitWatcher>());
static_assert(fits<ev_idle, NoWaitWatcher>() && fits<ev_signal, SignalWatcher>());

namespace {

// A watcher that must not keep a host's ev_run() running is removed from libev's count while it is
// active, and added again before it stops.
template <class Ev, class Start>
void start_unreferenced(struct ev_loop* loop, Ev* watcher, Start start) {
  if (ev_is_active(watcher)) return;
  start(loop, watcher);
  ev_unref(loop);
}

template <class Ev, class Stop>
void stop_unreferenced(struct ev_loop* loop, Ev* watcher, Stop stop) {
  if (!ev_is_active(watcher)) return;
  ev_ref(loop);
  stop(loop, watcher);
}

}  // namespace

void IoWatcher::init(Callback callback, void* owner, int fd) noexcept {
  ev_io_init(ev(), callback, fd, 0);
  ev()->data = owner;
}

void IoWatcher::watch(struct ev_loop* loop, int events) noexcept {
  ev_io* io = ev();
  if (ev_is_active(io)) {
    if ((io->events & (EV_READ | EV_WRITE)) == events) return;
    ev_io_stop(loop, io);
  }
  if (events == 0) return;
  // Not ev_io_set(), which marks the descriptor as new: that costs a system call even if the mask
  // is unchanged when the loop waits.
  ev_io_modify(io, events);
  ev_io_start(loop, io);
}

void IoWatcher::stop(struct ev_loop* loop) noexcept {
  // ev_io_stop() also clears pending events, so nothing is delivered after this.
  ev_io_stop(loop, ev());
}

int IoWatcher::events() const noexcept {
  return ev_is_active(ev()) ? ev()->events & (EV_READ | EV_WRITE) : 0;
}

void TimerWatcher::init(Callback callback, void* owner) noexcept {
  ev_timer_init(ev(), callback, 0., 0.);
  ev()->data = owner;
}

void TimerWatcher::start(struct ev_loop* loop, std::chrono::nanoseconds after) noexcept {
  ev_timer_stop(loop, ev());
  ev_timer_set(ev(), std::chrono::duration<double>(after).count(), 0.);
  ev_timer_start(loop, ev());
}

void TimerWatcher::stop(struct ev_loop* loop) noexcept { ev_timer_stop(loop, ev()); }

void BeforeWaitWatcher::init(Callback callback, void* owner) noexcept {
  ev_prepare_init(ev(), callback);
  ev_set_priority(ev(), EV_MINPRI);  // after the host's own
  ev()->data = owner;
}

void BeforeWaitWatcher::start(struct ev_loop* loop) noexcept {
  start_unreferenced(loop, ev(), ev_prepare_start);
}

void BeforeWaitWatcher::stop(struct ev_loop* loop) noexcept {
  stop_unreferenced(loop, ev(), ev_prepare_stop);
}

void AfterWaitWatcher::init(Callback callback, void* owner) noexcept {
  ev_check_init(ev(), callback);
  ev_set_priority(ev(), EV_MAXPRI);  // before all other callbacks after the wait
  ev()->data = owner;
}

void AfterWaitWatcher::start(struct ev_loop* loop) noexcept {
  start_unreferenced(loop, ev(), ev_check_start);
}

void AfterWaitWatcher::start_second(struct ev_loop* loop) noexcept {
  ev_set_priority(ev(), EV_MAXPRI - 1);
  start(loop);
}

void AfterWaitWatcher::stop(struct ev_loop* loop) noexcept {
  stop_unreferenced(loop, ev(), ev_check_stop);
}

NoWaitWatcher::NoWaitWatcher() noexcept {
  // It does nothing: an active idle watcher keeps libev from waiting.
  ev_idle_init(ev(), [](struct ev_loop*, ev_idle*, int) {});
}

void NoWaitWatcher::start(struct ev_loop* loop) noexcept { ev_idle_start(loop, ev()); }

void NoWaitWatcher::stop(struct ev_loop* loop) noexcept { ev_idle_stop(loop, ev()); }

void AsyncWatcher::init(Callback callback, void* owner) noexcept {
  ev_async_init(ev(), callback);
  ev()->data = owner;
}

void AsyncWatcher::start(struct ev_loop* loop) noexcept {
  start_unreferenced(loop, ev(), ev_async_start);
}

void AsyncWatcher::stop(struct ev_loop* loop) noexcept {
  stop_unreferenced(loop, ev(), ev_async_stop);
}

void AsyncWatcher::send(struct ev_loop* loop) noexcept { ev_async_send(loop, ev()); }

void AsyncWatcher::hasten_refusals(struct ev_loop* loop) noexcept {
  ev_set_userdata(loop, ev());
  const auto before_wait = [](struct ev_loop* waiting) noexcept {
    if (ev_pending_count(waiting) == 0) return;
    ev_async_send(waiting, static_cast<ev_async*>(ev_userdata(waiting)));
  };
  ev_set_loop_release_cb(loop, before_wait, nullptr);
}

void SignalWatcher::init(Callback callback, void* owner, int signal) noexcept {
  ev_signal_init(ev(), callback, signal);
  ev()->data = owner;
}

void SignalWatcher::start(struct ev_loop* loop) noexcept {
  start_unreferenced(loop, ev(), ev_signal_start);
}

void SignalWatcher::stop(struct ev_loop* loop) noexcept {
  stop_unreferenced(loop, ev(), ev_signal_stop);
}

}  // namespace sluice
