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

LoopPool::LoopPool(const LoopPoolOptions& options) : max_memory_(options.loop.max_memory) {
  assert(!options.loop.virtual_time);
  const std::size_t count = options.loops == 0 ? processors() : options.loops;
  if (count > kMaxLoops) {
    throw std::invalid_argument(std::to_string(count) + " loops are more than " +
                                std::to_string(kMaxLoops));
  }
  constexpr auto kNoLimit = static_cast<std::size_t>(-1);
  LoopOptions each = options.loop;
  if (each.max_memory != kNoLimit) each.max_memory /= count;
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<Loop>(each));
    if (i == 0 && each.max_connections != kNoLimit) each.max_connections /= count;
  }
  handed_.resize(count);
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
  LoopInternals::set_max_memory(first(), max_memory_);
  first().run();
}

void LoopPool::drain(std::chrono::milliseconds deadline, Task done) {
  LoopInternals::assert_thread(first());
  if (is_drained_.empty()) {
    is_drained_.resize(loops_.size(), alone_);
    is_drained_.front() = false;
    drained_ = std::move(done);
  }
  for (std::size_t i = 1; i < loops_.size() && !alone_; ++i) {
    loops_[i]->post([this, deadline, i] {
      loop(i).drain(deadline, [this, i] { first().post([this, i] { note_drained(i); }); });
    });
  }
  first().drain(deadline, [this] { note_drained(0); });
}

// More than once if drain() is called again after a loop's drain was over.
void LoopPool::note_drained(std::size_t index) {
  if (is_drained_.empty()) return;
  is_drained_[index] = true;
  if (std::find(is_drained_.begin(), is_drained_.end(), false) != is_drained_.end()) return;
  is_drained_.clear();
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
