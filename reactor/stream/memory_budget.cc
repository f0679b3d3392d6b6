#include "memory_budget.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_table.h"

namespace sluice {

std::size_t Connection::held() const noexcept {
  return input_.memory() + (output_ == nullptr ? 0 : output_->memory());
}

void Connection::set_over_budget(bool over) noexcept {
  if (over_budget_ == over || state_ == State::closed) return;
  over_budget_ = over;
  over ? pause() : resume();
}

MemoryBudget::MemoryBudget(ConnectionTable& table)
    : table_(table), survey_at_(most() == kNone ? kNone : most() / kSteps) {
  if (most() == kNone) return;
  again_.emplace(table.loop(), [this] { survey(); });
  report_.emplace(table.loop(), [this] { return describe(); });
}

std::size_t MemoryBudget::most() const noexcept { return table_.loop().options().max_memory; }

void MemoryBudget::survey() noexcept {
  grown_ = 0;
  survey_at_ = most() / kSteps;
  const bool looked = LoopInternals::contained(table_.loop(), "max_memory", [this] { look(); });
  if (!looked) set_passed(true);
  if (!is_passed() && paused_ == 0) return;
  // What is held shrinks without a word: the peers read.
  LoopInternals::contained(table_.loop(), "max_memory", [this] { again_->start(kLookAgain); });
}

void MemoryBudget::look() {
  std::vector<Holder> holders;
  holders.reserve(table_.size());
  std::size_t held = 0;
  table_.each([&holders, &held](Connection& connection) {
    const std::size_t bytes = connection.held();
    held += bytes;
    if (bytes > 0 && !connection.over_budget_) {
      holders.push_back({bytes, connection.id().slot});
    }
  });
  const bool shrinks = is_passed() && held < held_;
  held_ = held;
  if (held <= low(most())) {
    set_passed(false);
    if (paused_ > 0) resume_all();
  } else if (held > most()) {
    set_passed(true);
    if (!shrinks) pause_largest(holders, held - low(most()));
    report_->happened();
  }
}

// Until those that it pauses hold `excess`: a peer's next bytes stay in the system's buffers, and
// what is held shrinks as it reads. A peer that does not read falls to its write timeout, and one
// whose message does not end to its idle timeout.
void MemoryBudget::pause_largest(std::vector<Holder>& holders, std::size_t excess) {
  std::sort(holders.begin(), holders.end(),
            [](const Holder& a, const Holder& b) { return a.bytes > b.bytes; });
  std::size_t picked = 0;
  for (const Holder& holder : holders) {
    if (picked >= excess) return;
    picked += holder.bytes;
    table_.at(holder.slot).set_over_budget(true);
    ++paused_;
    detail::count_up(LoopInternals::counters(table_.loop()).memory_pauses);
  }
}

void MemoryBudget::resume_all() {
  paused_ = 0;
  table_.each([](Connection& connection) { connection.set_over_budget(false); });
}

Report MemoryBudget::describe() const {
  return {.kind = Report::Kind::memory_limit,
          .where = "max_memory",
          .what = "the connections hold " + std::to_string(held_) + " bytes, and the limit is " +
                  std::to_string(most()) + ": " + std::to_string(paused_) +
                  (paused_ == 1 ? " connection is" : " connections are") +
                  " not read until it is less, and newcomers are refused",
          .error = std::error_code(0, std::generic_category())};
}

}  // namespace sluice
