// Tasks posted from other threads, and the wake-up that brings them in. For Loop alone.
//
// Thread: post() and request_stop() from any; the rest belongs to the loop's.
// Why a mutex of our own: libev's async watcher coalesces and carries no queue.
#ifndef SLUICE_REACTOR_LOOP_LOOP_MAILBOX_H
#define SLUICE_REACTOR_LOOP_LOOP_MAILBOX_H

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "libev_loop.h"
#include "watcher.h"

namespace sluice {

class LoopMailbox {
 public:
  using Task = std::function<void()>;
  using Run = std::function<void(std::vector<Task>& tasks)>;

  // `run` runs what was posted, and does not throw. `owned`: the loop is not a host's.
  LoopMailbox(struct ev_loop* loop, bool owned, Run run) : loop_(loop), run_(std::move(run)) {
    require_descriptors();
    async_.bind<&LoopMailbox::on_woken>(this);
    async_.start(loop_);
    // A loop that no post and no signal wakes would wait for ever. A host's is the host's to try.
    if (!owned) return;
    if (!detail::loop_watches(loop_)) {
      // libev closes its descriptor only when it is watched, or is about to be.
      async_.stop(loop_);
      async_.start(loop_);
      throw std::system_error(ENOSPC, std::generic_category(), "event loop, wake-up");
    }
    async_.hasten_refusals(loop_);
  }
  LoopMailbox(const LoopMailbox&) = delete;
  LoopMailbox& operator=(const LoopMailbox&) = delete;
  ~LoopMailbox() { async_.stop(loop_); }

  void post(Task task) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = tasks_.empty();
      tasks_.push_back(std::move(task));
    }
    // Later ones ride on the first one's wake-up: it finds them all.
    if (first) async_.send(loop_);
  }

  void request_stop() noexcept {
    stop_.store(true, std::memory_order_release);
    async_.send(loop_);
  }

  // Lets go of the tasks that wait; false when there were none.
  bool drop() {
    std::vector<Task> tasks;
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
    return !tasks.empty();
  }

  // True once for each request_stop(), or several that were made together. Asked every turn, so it
  // is one plain load when there is none.
  bool take_stop() noexcept {
    return stop_.load(std::memory_order_acquire) && stop_.exchange(false);
  }

 private:
  // libev aborts the process when it has no descriptors for its wake-up, so it is asked for them
  // only when there are some.
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
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    // Outside the lock: a task may post.
    run_(tasks);
  }

  struct ev_loop* loop_;
  Run run_;
  std::mutex mutex_;
  std::vector<Task> tasks_;
  std::atomic<bool> stop_{false};
  AsyncWatcher async_;
};

}  // namespace sluice

#endif
