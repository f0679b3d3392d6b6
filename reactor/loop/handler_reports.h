// The exceptions that left callbacks, reported at a bounded rate. For Loop alone; not installed.
//
// What it is: one PacedReport for each exception, by the name of its callback and its text. The
// same one is reported at once and then at most once a second, with how often it happened. So a
// peer that makes a handler throw again and again fills no log, and hides no other exception.
// Lifetime: owned by its loop. Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_HANDLER_REPORTS_H
#define SLUICE_REACTOR_LOOP_HANDLER_REPORTS_H

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "../base/report.h"
#include "paced_report.h"

namespace sluice {

class Loop;

class HandlerReports {
 public:
  // Different exceptions that are paced at a time. More of them within a second share the last
  // place: they are counted together, under the text of the latest, which may come from a peer.
  static constexpr std::size_t kMaxSources = 16;

  explicit HandlerReports(Loop& loop) : loop_(loop) {}

  // Reports the exception that is being handled, or counts it for the next report of its kind.
  // Throws std::bad_alloc. REQUIRES: a handler for an exception is running.
  void report_current(std::string_view where);

 private:
  struct Source {
    Source() : paced([this] { return latest; }) {}
    Report latest{.kind = Report::Kind::handler_threw, .where = {}, .what = {}, .error = {}};
    PacedReport paced;
  };
  void report(std::string_view where, std::string_view what, std::error_code error);
  [[nodiscard]] Source& source_of(std::string_view where, std::string_view what);

  Loop& loop_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace sluice

#endif
