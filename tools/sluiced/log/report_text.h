// What a loop reports, as a line of the log.
//
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_LOG_REPORT_TEXT_H
#define SLUICE_TOOLS_SLUICED_LOG_REPORT_TEXT_H

#include <string>

#include "../../../reactor/loop/loop.h"

namespace sluice::tools::daemon {

// "tcp://*:7: refused: 192.0.2.7: the limit of 20 connections from one source (3 times)"
std::string text_of(const Report& report);
// Whether it is no sign of trouble.
bool is_harmless(const Report& report) noexcept;

}  // namespace sluice::tools::daemon

#endif
