// A time for a log or a message, in UTC.
//
// Source: ISO 8601. Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_COMMON_TIMESTAMP_H
#define SLUICE_TOOLS_COMMON_TIMESTAMP_H

#include <chrono>
#include <string>

namespace sluice::tools {

// "2026-11-21T02:17:10.123Z"
std::string timestamp(std::chrono::system_clock::time_point when);
// "2026-11-21", or "-" for a year that the system's calendar does not have.
std::string utc_date(std::chrono::system_clock::time_point when);

}  // namespace sluice::tools

#endif
