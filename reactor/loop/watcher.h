// libev's watchers, held by value in storage of their size, and stopped by their owner.
//
// What it is: with libev_loop.h, the only interface to libev. No public header includes <ev.h>;
// watcher.cc does, and checks at compile time that sizes, alignments and offsets are those assumed
// here.
// Lifetime: a watcher must not outlive its loop, and must be stopped before it is destroyed. It is
// neither copied nor moved, because libev keeps its address. Its callback may stop and destroy it.
// Thread: the loop's, except AsyncWatcher::send().
// Hazards that this file prevents: libev aborts if a watcher starts on a closed or negative
// descriptor (REQUIRES: an open one). If a descriptor's number is closed and opened again, epoll
// delivers only after a full set, so a watcher is bound once, to one descriptor.
#ifndef SLUICE_REACTOR_LOOP_WATCHER_H
#define SLUICE_REACTOR_LOOP_WATCHER_H

#include <chrono>
#include <cstddef>
#include <cstring>

#include "../base/export.h"

// libev's own names, declared here but not defined. The loop is written `struct ev_loop` below,
// because <ev.h>, which a host may include first, has a function of the same name.
struct ev_loop;
struct ev_io;
struct ev_timer;
struct ev_prepare;
struct ev_check;
struct ev_idle;
struct ev_async;
struct ev_signal;

namespace sluice {

inline constexpr int kReadable = 1;  // EV_READ
inline constexpr int kWritable = 2;  // EV_WRITE
// EV_ERROR. Comes with both others: the system has no room for this descriptor (epoll_ctl():
// ENOSPC, ENOMEM), and libev has stopped its watchers. An owner that ignores this waits forever.
inline constexpr int kRefused = static_cast<int>(0x80000000U);

namespace detail {

// The offset of `data`, the same in every watcher of libev.
inline constexpr std::size_t kWatcherDataOffset = 16;
// The offset of the descriptor in an ev_io.
inline constexpr std::size_t kWatcherFdOffset = 40;

// Storage for one libev watcher of type Ev, and the binding of its callback to a member function.
template <class Ev, std::size_t Size>
class WatcherStorage {
 public:
  WatcherStorage() noexcept = default;
  WatcherStorage(const WatcherStorage&) = delete;
  WatcherStorage& operator=(const WatcherStorage&) = delete;

 protected:
  using Callback = void (*)(struct ev_loop*, Ev*, int);

  // The function that libev calls. It calls the owner's member function, with the events if that
  // has a parameter for them. Inline, because it is on the path of every event.
  template <auto Member, class Owner>
  static void trampoline(struct ev_loop* /*loop*/, Ev* watcher, int events) {
    void* data = nullptr;
    std::memcpy(&data, reinterpret_cast<std::byte*>(watcher) + kWatcherDataOffset, sizeof data);
    Owner* owner = static_cast<Owner*>(data);
    if constexpr (requires { (owner->*Member)(events); }) {
      (owner->*Member)(events);
    } else {
      (owner->*Member)();
    }
  }

  std::byte* at(std::size_t offset) noexcept { return bytes_ + offset; }
  const std::byte* at(std::size_t offset) const noexcept { return bytes_ + offset; }
  Ev* ev() noexcept { return reinterpret_cast<Ev*>(bytes_); }
  const Ev* ev() const noexcept { return reinterpret_cast<const Ev*>(bytes_); }

 private:
  alignas(void*) std::byte bytes_[Size] = {};
};

}  // namespace detail

// Watches a descriptor.
class IoWatcher : public detail::WatcherStorage<ev_io, 48> {
 public:
  IoWatcher() noexcept {
    const int none = -1;
    std::memcpy(at(detail::kWatcherFdOffset), &none, sizeof none);
  }
  // REQUIRES: not active; `owner` outlives the watcher's activity.
  template <auto Member, class Owner>
  void bind(Owner* owner, int fd) noexcept {
    init(&trampoline<Member, Owner>, owner, fd);
  }
  // Watches for `events`, kReadable | kWritable; 0 stops, and drops events that were not delivered.
  // Does nothing if the mask is unchanged. A changed mask costs one system call at the loop's next
  // turn, however often it changes before that. REQUIRES: bound to an open descriptor.
  void watch(struct ev_loop* loop, int events) noexcept;
  void stop(struct ev_loop* loop) noexcept;
  // -1 before bind(). Inline, because every read and write uses it.
  [[nodiscard]] int fd() const noexcept {
    int fd = -1;
    std::memcpy(&fd, at(detail::kWatcherFdOffset), sizeof fd);
    return fd;
  }
  [[nodiscard]] SLUICE_EXPORT int events() const noexcept;  // the requested events; 0 when stopped

 private:
  void init(Callback callback, void* owner, int fd) noexcept;
};

// Runs once, after a delay from the loop's own time.
class TimerWatcher : public detail::WatcherStorage<ev_timer, 48> {
 public:
  template <auto Member, class Owner>
  void bind(Owner* owner) noexcept {
    init(&trampoline<Member, Owner>, owner);
  }
  void start(struct ev_loop* loop, std::chrono::nanoseconds after) noexcept;  // or restarts
  void stop(struct ev_loop* loop) noexcept;

 private:
  void init(Callback callback, void* owner) noexcept;
};

// The watchers below do not keep a host's ev_run() from returning, except NoWaitWatcher.

// Runs after all other callbacks of a turn, before the loop waits.
class BeforeWaitWatcher : public detail::WatcherStorage<ev_prepare, 32> {
 public:
  template <auto Member, class Owner>
  void bind(Owner* owner) noexcept {
    init(&trampoline<Member, Owner>, owner);
  }
  void start(struct ev_loop* loop) noexcept;
  void stop(struct ev_loop* loop) noexcept;

 private:
  void init(Callback callback, void* owner) noexcept;
};

// Runs after the loop has waited, before any other callback.
class AfterWaitWatcher : public detail::WatcherStorage<ev_check, 32> {
 public:
  template <auto Member, class Owner>
  void bind(Owner* owner) noexcept {
    init(&trampoline<Member, Owner>, owner);
  }
  void start(struct ev_loop* loop) noexcept;
  void start_second(struct ev_loop* loop) noexcept;  // after those of start()
  void stop(struct ev_loop* loop) noexcept;

 private:
  void init(Callback callback, void* owner) noexcept;
};

// While it is active, the loop checks for events but does not wait for them. It keeps a host's
// ev_run() from returning, because there is work to do even if nothing else is watched.
class NoWaitWatcher : public detail::WatcherStorage<ev_idle, 32> {
 public:
  NoWaitWatcher() noexcept;
  void start(struct ev_loop* loop) noexcept;
  void stop(struct ev_loop* loop) noexcept;
};

// Wakes the loop from another thread. Several sends may wake it once.
class AsyncWatcher : public detail::WatcherStorage<ev_async, 40> {
 public:
  template <auto Member, class Owner>
  void bind(Owner* owner) noexcept {
    init(&trampoline<Member, Owner>, owner);
  }
  void start(struct ev_loop* loop) noexcept;
  void stop(struct ev_loop* loop) noexcept;
  void send(struct ev_loop* loop) noexcept;  // any thread
  // libev finds that a descriptor is refused when it is about to wait, and reports it after the
  // wait, however long that is. From this call on, a refusal ends the wait. REQUIRES: not a host's
  // loop.
  void hasten_refusals(struct ev_loop* loop) noexcept;

 private:
  void init(Callback callback, void* owner) noexcept;
};

// A Unix signal. REQUIRES: no other loop of the process watches the same one (libev would abort).
class SignalWatcher : public detail::WatcherStorage<ev_signal, 48> {
 public:
  template <auto Member, class Owner>
  void bind(Owner* owner, int signal) noexcept {
    init(&trampoline<Member, Owner>, owner, signal);
  }
  void start(struct ev_loop* loop) noexcept;
  void stop(struct ev_loop* loop) noexcept;

 private:
  void init(Callback callback, void* owner, int signal) noexcept;
};

}  // namespace sluice

#endif
