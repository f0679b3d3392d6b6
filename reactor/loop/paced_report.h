// Reports events that may be very frequent, at most once a second.
//
// What it is: the first event is reported at once. The events of the following second are reported
// together at its end, with their number (Report::count), and so on until a second passes without
// any. No event is lost: the remaining ones are reported when the object or its loop is destroyed.
// Lifetime: the object and its loop may be destroyed in either order. The reporter may destroy the
// object, but not in the report that its destructor makes. REQUIRES: the objects that `describe`
// uses outlive it.
// Thread: the loop's.
// Errors: happened() may throw std::bad_alloc, and the exceptions of `describe`. The event is
// counted, and reported with the next one.
#ifndef SLUICE_REACTOR_LOOP_PACED_REPORT_H
#define SLUICE_REACTOR_LOOP_PACED_REPORT_H

#include <chrono>
#include <cstdint>
#include <functional>

#include "../base/export.h"
#include "../base/report.h"
#include "../base/timer_queue.h"

namespace sluice {

class Loop;

class SLUICE_EXPORT PacedReport final : private TimerQueue::Entry {
 public:
  static constexpr std::chrono::seconds kPace{1};

  // `describe` makes the report of the latest event. It runs only when a report is made, so that a
  // flood of events formats no text. REQUIRES: not empty.
  PacedReport(Loop& loop, std::function<Report()> describe);
  // For an owner that gets its loop with the first event.
  explicit PacedReport(std::function<Report()> describe);
  ~PacedReport() override;

  // REQUIRES: it has a loop.
  void happened();
  // REQUIRES: `loop` is the loop of this object, if it has one.
  void happened(Loop& loop);
  // As if an event had just been reported: the next report is made in a second at the earliest.
  void hold_back();
  // True for a second after a report or hold_back().
  [[nodiscard]] bool is_holding_back() const noexcept { return queued(); }

 private:
  friend class Loop;

  void expire() override;
  SLUICE_LOCAL void report_now();
  SLUICE_LOCAL void attach(Loop& loop) noexcept;
  SLUICE_LOCAL void detach() noexcept;  // reports the remaining events, and clears the loop

  Loop* loop_ = nullptr;
  std::function<Report()> describe_;
  std::uint64_t unreported_ = 0;
  // The list of all with the same loop.
  PacedReport* previous_ = nullptr;
  PacedReport* next_ = nullptr;
};

}  // namespace sluice

#endif
