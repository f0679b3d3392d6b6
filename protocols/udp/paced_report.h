// Something that may happen very often, told to the loop's reporter once a second at most.
//
// What it is: the first event is told at once; the ones within the second after it are told
// together at its end, with their count (Report::count), and so on until a second passes without
// any.
// Lifetime: must go before its loop; what was not told by then stays untold. Thread: the loop's.
// Errors: happened() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_PACED_REPORT_H
#define SLUICE_PROTOCOLS_UDP_PACED_REPORT_H

#include <chrono>
#include <cstdint>
#include <functional>

#include "../../reactor/base/export.h"
#include "../../reactor/base/report.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"

namespace sluice {

class SLUICE_EXPORT PacedReport {
 public:
  static constexpr std::chrono::seconds kPace{1};

  // `describe` makes the report of the latest event; it is called only when one is told, so that
  // a flood of events formats no text. REQUIRES: not empty.
  PacedReport(Loop& loop, std::function<Report()> describe);

  void happened();

 private:
  void tell();

  Loop& loop_;
  std::function<Report()> describe_;
  std::uint64_t untold_ = 0;
  Timer pause_;  // runs for a second after each telling
};

}  // namespace sluice

#endif
