#include "loop_pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "../base/counting.h"
#include "loop_internals.h"

namespace sluice {

namespace {

constexpr std::chrono::milliseconds kLookAgain{50};  // while the pool drains

// While it exists, new threads begin with all signals blocked.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// The threads of the other loops. Its destructor stops the loops, and waits.
class PoolThreads {
 public:
  explicit PoolThreads(std::vector<std::unique_ptr<Loop>>& loops) : loops_(loops) {}
  PoolThreads(const PoolThreads&) = delete;
  PoolThreads& operator=(const PoolThreads&) = delete;
  ~PoolThreads() {
    ending_.store(true);
    for (std::size_t i = 0; i < threads_.size(); ++i) loops_[i + 1]->stop();
    for (std::thread& thread : threads_) thread.join();
  }
  void start() {
    const BlockedSignals blocked;
    threads_.reserve(loops_.size() - 1);
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      threads_.emplace_back([this, loop = loops_[i].get()] {
        while (!ending_.load()) loop->run();
      });
    }
  }

 private:
  std::vector<std::unique_ptr<Loop>>& loops_;
  std::vector<std::thread> threads_;
  std::atomic<bool> ending_{false};
};

void add(TimeHistogram& sum, const TimeHistogram& one) noexcept {
  for (std::size_t i = 0; i < sum.counts.size(); ++i) {
    sum.counts[i] += detail::count_of(one.counts[i]);
  }
  sum.sum += detail::count_of(one.sum);
}

void add(Counters& sum, const Counters& one) noexcept {
  using detail::count_of;
  sum.turns += count_of(one.turns);
  sum.slow_turns += count_of(one.slow_turns);
  sum.longest_turn_us = std::max(sum.longest_turn_us, count_of(one.longest_turn_us));
  add(sum.turn_times, one.turn_times);
  add(sum.timer_lags, one.timer_lags);
  sum.connections_open += count_of(one.connections_open);
  sum.accepted += count_of(one.accepted);
  sum.refused += count_of(one.refused);
  sum.bytes_in += count_of(one.bytes_in);
  sum.bytes_out += count_of(one.bytes_out);
  sum.datagrams_in += count_of(one.datagrams_in);
  sum.datagrams_out += count_of(one.datagrams_out);
  sum.datagrams_dropped += count_of(one.datagrams_dropped);
  sum.paused += count_of(one.paused);
  sum.memory_pauses += count_of(one.memory_pauses);
  sum.dropped_bytes += count_of(one.dropped_bytes);
  sum.cut_bytes += count_of(one.cut_bytes);
  for (std::size_t i = 0; i < kCloseReasons; ++i) sum.closed[i] += count_of(one.closed[i]);
}

std::vector<std::unique_ptr<Loop>> make_loops(const LoopPoolOptions& options) {
  const std::size_t count = options.loops == 0 ? LoopPool::processors() : options.loops;
  if (count > LoopPool::kMaxLoops) {
    throw std::invalid_argument(std::to_string(count) + " loops are more than " +
                                std::to_string(LoopPool::kMaxLoops));
  }
  constexpr auto kNoLimit = static_cast<std::size_t>(-1);
  LoopOptions each = options.loop;
  if (each.max_memory != kNoLimit) each.max_memory /= count;
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<Loop>(each));
    if (i == 0 && each.max_connections != kNoLimit) each.max_connections /= count;
  }
  return loops;
}

}  // namespace

std::size_t LoopPool::processors() noexcept {
  std::size_t count = std::thread::hardware_concurrency();
#ifdef __linux__
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    count = static_cast<std::size_t>(CPU_COUNT(&allowed));
  }
#endif
  return std::clamp<std::size_t>(count, 1, kMaxLoops);
}

LoopPool::LoopPool(const LoopPoolOptions& options)
    : loops_(make_loops(options)),
      handed_(loops_.size()),
      stages_(std::make_unique<std::atomic<Stage>[]>(loops_.size())),
      look_again_(first(), [this] { look_at_drain(); }),
      max_memory_(options.loop.max_memory) {
  assert(!options.loop.virtual_time);
}

LoopPool::~LoopPool() {
  assert(!running_ && "a pool must not be destroyed by a callback of its loops");
  // A handler or a task of one loop may post to another one.
  for (bool more = true; more;) {
    more = false;
    for (const auto& loop : loops_) more = LoopInternals::wind_up(*loop) || more;
  }
  while (loops_.size() > 1) loops_.pop_back();  // their last reports are posted to the first
}

void LoopPool::run() {
  assert(!running_ && !alone_);
  running_ = true;
  try {
    PoolThreads others(loops_);
    others.start();
    first().run();
  } catch (...) {
    running_ = false;
    throw;
  }
  running_ = false;
}

void LoopPool::run_alone() {
  assert(!running_);
  alone_ = true;
  // A drain that has begun waits for none of the others: they have no threads.
  for (std::size_t i = 1; i < loops_.size(); ++i) stages_[i] = Stage::drained;
  LoopInternals::set_max_memory(first(), max_memory_);
  first().run();
}

void LoopPool::drain(std::chrono::milliseconds deadline, Task done) {
  LoopInternals::assert_thread(first());
  const TimePoint due = later(first().now(), deadline);
  if (!is_draining_) {
    look_again_.start_repeating(kLookAgain);
    is_draining_ = true;
    drain_due_ = due;
    drained_ = std::move(done);
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      stages_[i] = alone_ && i > 0 ? Stage::drained : Stage::running;
    }
  }
  drain_due_ = std::min(drain_due_, due);
  for (std::size_t i = 1; i < loops_.size(); ++i) ask_to_drain(i);
  first().drain(deadline, [this] {
    stages_[0] = Stage::drained;
    end_drain_if_over();
  });
}

void LoopPool::ask_to_drain(std::size_t index) noexcept {
  if (stages_[index] == Stage::drained) return;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(drain_due_ - first().now());
  const auto deadline = std::max(left, std::chrono::milliseconds(0));
  stages_[index] = Stage::asked;
  const bool posted = LoopInternals::contained(first(), "pool", [this, index, deadline] {
    loops_[index]->post([this, index, deadline] { drain_in_its_thread(index, deadline); });
  });
  if (!posted) stages_[index] = Stage::refused;
}

void LoopPool::drain_in_its_thread(std::size_t index, std::chrono::milliseconds deadline) noexcept {
  const bool begun = LoopInternals::contained(loop(index), "pool", [this, index, deadline] {
    loop(index).drain(deadline, [this, index] {
      stages_[index] = Stage::drained;
      LoopInternals::contained(loop(index), "pool",
                               [this] { first().post([this] { end_drain_if_over(); }); });
    });
  });
  // A drain that had begun goes on.
  Stage asked = Stage::asked;
  if (!begun) stages_[index].compare_exchange_strong(asked, Stage::refused);
}

void LoopPool::look_at_drain() {
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    if (stages_[i] == Stage::refused) ask_to_drain(i);
  }
  end_drain_if_over();
}

void LoopPool::end_drain_if_over() {
  if (!is_draining_) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (stages_[i] != Stage::drained) return;
  }
  is_draining_ = false;
  look_again_.stop();
  const Task done = std::exchange(drained_, {});
  done ? done() : stop();
}

Counters LoopPool::counters() const noexcept {
  Counters sum;
  for (const auto& loop : loops_) add(sum, loop->counters());
  return sum;
}

Counters LoopPool::counters(std::size_t index) const noexcept {
  Counters copy;
  add(copy, loops_[index]->counters());
  return copy;
}

void LoopPool::set_reporter(Reporter reporter) {
  first().set_reporter(std::move(reporter));
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    loops_[i]->set_reporter(
        [this](const Report& report) { first().post([this, report] { first().report(report); }); });
  }
}

}  // namespace sluice
