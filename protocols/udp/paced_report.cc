#include "paced_report.h"

#include <cassert>
#include <utility>

namespace sluice {

PacedReport::PacedReport(Loop& loop, std::function<Report()> describe)
    : loop_(loop), describe_(std::move(describe)), pause_(loop, [this] {
        if (untold_ > 0) tell();
      }) {
  assert(describe_);
}

void PacedReport::happened() {
  ++untold_;
  if (!pause_.running()) tell();
}

void PacedReport::tell() {
  Report report = describe_();
  report.count = std::exchange(untold_, 0);
  pause_.start(kPace);
  loop_.report(report);
}

}  // namespace sluice
