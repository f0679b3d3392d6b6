// The counters of the daemon in the text format of Prometheus.
//
// What it is: a pure function of the counters, plus what the process uses. Every family has HELP
// and TYPE, and a name that sluicectl(8) lists.
// Thread: the loop's. Errors: std::bad_alloc.
// Source: Prometheus, "Exposition formats", text format version 0.0.4.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_METRICS_TEXT_H
#define SLUICE_TOOLS_SLUICED_SERVICES_METRICS_TEXT_H

#include <string>

#include "../../../reactor/loop/loop.h"
#include "service_set.h"

namespace sluice::tools::daemon {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const Loop& loop, const ServiceSet& services);

}  // namespace sluice::tools::daemon

#endif
