// What the connections of a loop may hold together: LoopOptions::max_memory. Only for the
// connection table; not installed.
//
// What it is: a survey of all connections, made when they have received or queued enough since the
// last one, so that a read costs an addition. While they hold more than the budget, the loop
// refuses newcomers, and the connections that hold most are paused: as many as hold the excess, and
// more of them while it grows. When all hold less than low(), they continue. A listener of a pool
// gives newcomers to another loop, and refuses them if none has room.
// A connection holds its unconsumed input and its unsent output, with the memory around them. What
// a payload's holders share counts in equal parts. What a transport, a handler and the system hold
// does not count.
// Lifetime: a part of the table. Thread: the loop's. Errors: without memory for a survey, the next
// one comes soon; meanwhile newcomers are refused.
#ifndef SLUICE_REACTOR_STREAM_MEMORY_BUDGET_H
#define SLUICE_REACTOR_STREAM_MEMORY_BUDGET_H

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "../loop/paced_report.h"
#include "../loop/timer.h"

namespace sluice {

class ConnectionTable;

class MemoryBudget {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::chrono::milliseconds kLookAgain{50};  // while it is passed
  // The connections may grow by a sixteenth of the budget between two surveys.
  static constexpr std::size_t kSteps = 16;

  explicit MemoryBudget(ConnectionTable& table);

  // So many bytes were put into buffers. Returns whether a survey is due.
  [[nodiscard]] bool grew(std::size_t bytes) noexcept {
    grown_ += bytes;
    return is_due();
  }
  [[nodiscard]] bool is_due() const noexcept { return grown_ >= survey_at_; }
  // At the end of a turn. It may pause connections, and make them continue.
  void survey() noexcept;

  // Any thread.
  [[nodiscard]] bool is_passed() const noexcept { return passed_.load(std::memory_order_relaxed); }
  // The loop's; a pool may change it.
  [[nodiscard]] std::size_t most() const noexcept;

  // Below this, what was paused continues.
  [[nodiscard]] static constexpr std::size_t low(std::size_t most) noexcept {
    return most - most / 8;
  }

 private:
  struct Holder {
    std::size_t bytes;
    std::uint32_t slot;
  };
  void set_passed(bool passed) noexcept { passed_.store(passed, std::memory_order_relaxed); }
  void look();
  void pause_largest(std::vector<Holder>& holders, std::size_t excess);
  void resume_all();
  [[nodiscard]] Report describe() const;

  ConnectionTable& table_;
  std::size_t grown_ = 0;  // since the last survey
  std::size_t survey_at_;
  std::size_t held_ = 0;    // at the last survey
  std::size_t paused_ = 0;  // connections; some may have been closed since
  std::atomic<bool> passed_{false};
  std::optional<Timer> again_;
  std::optional<PacedReport> report_;
};

}  // namespace sluice

#endif
