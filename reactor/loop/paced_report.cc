#include "paced_report.h"

#include <cassert>
#include <utility>

#include "loop.h"

namespace sluice {

PacedReport::PacedReport(Loop& loop, std::function<Report()> describe)
    : PacedReport(std::move(describe)) {
  attach(loop);
}

PacedReport::PacedReport(std::function<Report()> describe) : describe_(std::move(describe)) {
  assert(describe_);
}

PacedReport::~PacedReport() { detach(); }

void PacedReport::attach(Loop& loop) noexcept {
  loop_ = &loop;
  next_ = std::exchange(loop.paced_reports_, this);
  if (next_ != nullptr) next_->previous_ = this;
}

void PacedReport::detach() noexcept {
  if (loop_ == nullptr) return;
  loop_->timers_.remove(*this);
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : loop_->paced_reports_) = next_;
  previous_ = next_ = nullptr;
  Loop& loop = *std::exchange(loop_, nullptr);
  if (unreported_ == 0) return;
  try {
    Report last = describe_();
    last.count = std::exchange(unreported_, 0);
    loop.report(last);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the report
  }
}

void PacedReport::happened() {
  assert(loop_ != nullptr);
  ++unreported_;
  if (!queued()) report_now();
}

void PacedReport::happened(Loop& loop) {
  assert(loop_ == nullptr || loop_ == &loop);
  if (loop_ == nullptr) attach(loop);
  happened();
}

void PacedReport::hold_back() { loop_->start_timer(*this, later(loop_->now(), kPace)); }

void PacedReport::expire() {
  if (unreported_ > 0) report_now();
}

void PacedReport::report_now() {
  Report report = describe_();
  hold_back();
  report.count = std::exchange(unreported_, 0);
  loop_->report(report);  // last, because the reporter may destroy this object
}

}  // namespace sluice
