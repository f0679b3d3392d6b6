// A time of day for a log or a message: 2026-11-21T02:17:10.123Z.
//
// Source: ISO 8601, in UTC with milliseconds. Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_COMMON_TIMESTAMP_H
#define SLUICE_TOOLS_COMMON_TIMESTAMP_H

#include <chrono>
#include <string>

namespace sluice::tools {

std::string timestamp(std::chrono::system_clock::time_point when);

}  // namespace sluice::tools

#endif
