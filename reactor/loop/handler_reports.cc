#include "handler_reports.h"

#include <algorithm>
#include <exception>

#include "loop.h"

namespace sluice {

void HandlerReports::report_current(std::string_view where) {
  try {
    throw;
  } catch (const std::system_error& error) {
    report(where, error.what(), error.code());
  } catch (const std::exception& error) {
    report(where, error.what(), {});
  } catch (...) {
    report(where, "an exception that is not a std::exception", {});
  }
}

void HandlerReports::report(std::string_view where, std::string_view what, std::error_code error) {
  Source& source = source_of(where, what);
  source.latest.where = where;
  source.latest.what = what;
  source.latest.error = error;
  source.paced.happened(loop_);
}

HandlerReports::Source& HandlerReports::source_of(std::string_view where, std::string_view what) {
  const auto same = [&](const auto& one) {
    return one->latest.where == where && one->latest.what == what;
  };
  const auto unused = [](const auto& one) { return !one->paced.is_holding_back(); };
  auto found = std::find_if(sources_.begin(), sources_.end(), same);
  if (found == sources_.end()) found = std::find_if(sources_.begin(), sources_.end(), unused);
  if (found != sources_.end()) return **found;
  if (sources_.size() == kMaxSources) return *sources_.back();
  return *sources_.emplace_back(std::make_unique<Source>());
}

}  // namespace sluice
