#include "turn_watch.h"

#include <chrono>
#include <string>
#include <utility>

namespace sluice {

namespace {

constexpr std::chrono::seconds kPace{1};

std::string in_milliseconds(Clock::duration time) {
  return std::to_string(std::chrono::round<std::chrono::milliseconds>(time).count()) + " ms";
}

}  // namespace

bool TurnWatch::may_report(TimePoint now) noexcept {
  ++unreported_;
  if (now < next_report_) return false;
  next_report_ = now + kPace;
  return true;
}

Report TurnWatch::describe(Clock::duration took) {
  Report report{.kind = Report::Kind::slow_turn,
                .where = std::string(slowest_.empty() ? "loop" : slowest_),
                .what = "a turn took " + in_milliseconds(took),
                .error = {}};
  if (!slowest_.empty()) report.what += ", and one callback " + in_milliseconds(longest_);
  report.count = std::exchange(unreported_, 0);
  return report;
}

}  // namespace sluice
