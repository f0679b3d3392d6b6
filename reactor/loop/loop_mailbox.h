// Tasks that other threads have posted, and the wake-up of the loop. Only for Loop.
//
// Thread: post() and request_stop(): any; the others: the loop's.
// Why there is a mutex: libev's async watcher merges wake-ups and has no queue.
#ifndef SLUICE_REACTOR_LOOP_LOOP_MAILBOX_H
#define SLUICE_REACTOR_LOOP_LOOP_MAILBOX_H

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "../base/mutex.h"
#include "libev_loop.h"
#include "wait_handle.h"
#include "watcher.h"

namespace sluice {

class LoopMailbox {
 public:
  using Task = std::function<void()>;
  using Run = std::function<void(std::vector<Task>& tasks)>;

  // `run` runs the posted tasks, and does not throw. `owned`: the loop does not belong to a host.
  LoopMailbox(struct ev_loop* loop, bool owned, Run run) : loop_(loop), run_(std::move(run)) {
    require_descriptors();
    async_.bind<&LoopMailbox::on_woken>(this);
    async_.start(loop_);
    // A loop that no post and no signal wakes would wait forever. A host's loop is not tested.
    if (!owned) return;
    if (!detail::loop_watches(loop_)) {
      // libev closes its descriptor only if it is watched or about to be.
      async_.stop(loop_);
      async_.start(loop_);
      throw std::system_error(ENOSPC, std::generic_category(), "event loop, wake-up");
    }
    async_.hasten_refusals(loop_);
  }
  LoopMailbox(const LoopMailbox&) = delete;
  LoopMailbox& operator=(const LoopMailbox&) = delete;
  ~LoopMailbox() { async_.stop(loop_); }

  // The descriptor for a host that runs the loop from its own; made by the first call.
  int wait_handle() {
    const detail::MutexLock lock(mutex_);
    if (!wait_handle_) wait_handle_.start(loop_);
    return wait_handle_.fd();
  }
  // Runs turns for such a host. REQUIRES: wait_handle() was called.
  template <class Turn>
  void run_for_host(Turn&& turn) {
    wait_handle_.clear();
    for (int i = 0; i < kMaxTurnsForHost; ++i) {
      turn();
      if (!wait_handle_.take_events()) return;
    }
    wait_handle_.wake();
  }
  [[nodiscard]] bool has_host() const noexcept { return static_cast<bool>(wait_handle_); }
  void let_host_wait(TimePoint due) noexcept { wait_handle_.wait_until(due); }

  void post(Task task) {
    const detail::MutexLock lock(mutex_);
    const bool first = tasks_.empty();
    tasks_.push_back(std::move(task));
    // Later tasks need no wake-up of their own: the first one's finds them all.
    if (!first) return;
    async_.send(loop_);
    // libev wakes only a loop that waits by itself.
    if (wait_handle_) wait_handle_.wake();
  }

  void request_stop() noexcept {
    stop_.store(true, std::memory_order_release);
    async_.send(loop_);
  }

  // Destroys the waiting tasks. Returns false if there were none.
  bool drop() {
    std::vector<Task> tasks;
    const detail::MutexLock lock(mutex_);
    tasks.swap(tasks_);
    return !tasks.empty();
  }

  // True once for each request_stop(), or for several together. Called in every turn, so it is one
  // plain load if there is none.
  bool take_stop() noexcept {
    return stop_.load(std::memory_order_acquire) && stop_.exchange(false);
  }

 private:
  // libev aborts the process if it gets no descriptors for its wake-up. So check first that there
  // are some.
  static void require_descriptors() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "event loop, wake-up");
    }
    ::close(ends[0]);
    ::close(ends[1]);
  }

  void on_woken() noexcept {
    std::vector<Task> tasks;
    {
      const detail::MutexLock lock(mutex_);
      tasks.swap(tasks_);
    }
    // Without the lock: a task may post.
    run_(tasks);
  }

  struct ev_loop* loop_;
  Run run_;
  detail::Mutex mutex_;
  std::vector<Task> tasks_ SLUICE_GUARDED_BY(mutex_);
  std::atomic<bool> stop_{false};
  AsyncWatcher async_;
  // After so many turns the host's other work has its turn.
  static constexpr int kMaxTurnsForHost = 8;
  WaitHandle wait_handle_;
};

}  // namespace sluice

#endif
