// Reports the exceptions of callbacks, at a limited rate. Only for Loop; not installed.
//
// What it is: one PacedReport for each exception, identified by the name of its callback and its
// text. An exception is reported at once, and when it is repeated, at most once a second with its
// count. So a peer that makes a handler throw again and again neither fills the log nor hides other
// exceptions.
// Lifetime: the loop owns it. Thread: the loop's.
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
  // The maximum number of different exceptions that are paced at a time. Further ones share the
  // last place: they are counted together, under the text of the latest, which a peer may have
  // chosen.
  static constexpr std::size_t kMaxSources = 16;

  explicit HandlerReports(Loop& loop) : loop_(loop) {}

  // Reports the exception that is being handled, or counts it for the next report of the same one.
  // Throws std::bad_alloc. REQUIRES: called in a catch block.
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
