// Several loops, with a thread each: for a server that needs more than one processor.
//
// What it is: owns its loops. run() runs the first one in the calling thread, and each other one in
// a thread of its own. A Listener on the first loop with ListenerOptions::pool accepts for all of
// them. With one loop there is no other thread, and nothing costs more than with a Loop.
// Lifetime: as a Loop: what is made on its loops must be destroyed before it. The destructor drops
// the tasks of all loops and closes their connections while every loop still exists, so a handler
// may post to another loop in on_close().
// Thread: of the thread that calls run(), except for stop(), counters() and the loops' own post()
// and stop(). Each loop follows the rules of Loop. While the pool does not run, its loops may be
// used by the thread that owns it, for example to make listeners.
// Signals: the other threads block all of them, so that a Signal on the first loop gets them.
// Errors: the constructor throws what Loop's does, and std::invalid_argument above kMaxLoops. run()
// throws std::system_error if no thread can be made.
#ifndef SLUICE_REACTOR_LOOP_LOOP_POOL_H
#define SLUICE_REACTOR_LOOP_LOOP_POOL_H

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "../base/export.h"
#include "../base/report.h"
#include "counters.h"
#include "loop.h"
#include "timer.h"

namespace sluice {

struct LoopPoolOptions {
  std::size_t loops = 0;  // 0: one for each processor that the process may use
  // Of each loop. max_connections is the limit of the first loop's listeners, and counts the
  // connections that they have handed to other loops; each other loop's own listeners have an equal
  // part of it. max_memory is divided equally. REQUIRES: not virtual_time.
  LoopOptions loop{};
};

class SLUICE_EXPORT LoopPool {
 public:
  static constexpr std::size_t kMaxLoops = 256;
  // How many processors the process may use: at least 1, at most kMaxLoops. A quota of a control
  // group is not considered.
  [[nodiscard]] static std::size_t processors() noexcept;

  explicit LoopPool(const LoopPoolOptions& options = {});
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;
  ~LoopPool();

  [[nodiscard]] std::size_t size() const noexcept { return loops_.size(); }
  // REQUIRES: `index` < size().
  [[nodiscard]] Loop& loop(std::size_t index) noexcept { return *loops_[index]; }
  [[nodiscard]] Loop& first() noexcept { return *loops_.front(); }

  // Runs all loops until the first one is stopped; then stops the others and joins their threads.
  // stop() of another loop has no effect meanwhile.
  // If a thread cannot be made, stops those that were, and throws. REQUIRES: no callback of one of
  // the loops is running.
  void run();
  // Runs the first loop alone, until it is stopped: for a program that serves with less if run()
  // has thrown. The first loop has the whole max_memory from then on, and listeners of the pool
  // keep all newcomers. REQUIRES: as run(), and run() is not called afterwards.
  void run_alone();
  void stop() { first().stop(); }  // any thread

  // Drains all loops, each as Loop::drain() does. When all have drained, runs `done` in the first
  // loop, or stop() if it is empty. A second call can only shorten the deadline. A loop whose
  // handler does not return delays the end. Throws std::bad_alloc.
  void drain(std::chrono::milliseconds deadline, Task done = {});

  // Of all loops together, and of one. Any thread. They are read while the loops run, so numbers
  // that change together may differ by what happens meanwhile.
  [[nodiscard]] Counters counters() const noexcept;
  [[nodiscard]] Counters counters(std::size_t index) const noexcept;

  // Gets the reports of all loops, in the thread of the first one. REQUIRES: the pool does not run.
  void set_reporter(Reporter reporter);

 private:
  friend class ListenerSpread;

  enum class Stage : std::uint8_t { running, asked, refused, drained };
  SLUICE_LOCAL void ask_to_drain(std::size_t index) noexcept;
  SLUICE_LOCAL void drain_in_its_thread(std::size_t index,
                                        std::chrono::milliseconds deadline) noexcept;
  SLUICE_LOCAL void look_at_drain();
  SLUICE_LOCAL void end_drain_if_over();

  std::vector<std::unique_ptr<Loop>> loops_;
  // Connections that listeners have handed to each loop. Only the first loop's thread uses it.
  std::vector<std::size_t> handed_;
  std::size_t next_ = 0;  // the loop that is asked first for the next newcomer
  // While a drain is in progress, for each loop. A loop that has no memory to drain, or to say that
  // it has, is asked again, or found, by look_again_.
  std::unique_ptr<std::atomic<Stage>[]> stages_;
  TimePoint drain_due_{};
  bool is_draining_ = false;
  Task drained_;
  Timer look_again_;
  std::size_t max_memory_;  // of all loops
  bool running_ = false;
  bool alone_ = false;
};

}  // namespace sluice

#endif
