// A line of the log, as each target wants it.
//
//   2026-11-21T02:17:10.123Z info descriptors: 20000 (was 1024)            standard error, file
//   {"time":"2026-11-21T02:17:10.123Z","level":"info","text":"..."}        the same as JSON
//   <6>info descriptors: 20000 (was 1024)                                  systemd's journal
//   <30>1 2026-11-21T02:17:10.123Z attic sluiced 71 - - info descriptors:  syslog
//
// The journal and syslog record the time themselves. The level stays in the text, where filters
// look for it.
// Units: at most kMaxLogLine bytes, the newline included. A pipe takes a line of that size whole or
// not at all (POSIX.1-2017 write(), PIPE_BUF). A longer text is cut, and ends in "...".
// Errors: std::bad_alloc. Thread: any. Source: RFC 5424, RFC 8259, sd-daemon(3).
#ifndef SLUICE_TOOLS_SLUICED_LOG_LOG_LINE_H
#define SLUICE_TOOLS_SLUICED_LOG_LOG_LINE_H

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "../settings/log_settings.h"

namespace sluice::tools::daemon {

inline constexpr std::size_t kMaxLogLine = 4096;

struct LogEvent {
  std::chrono::system_clock::time_point when;
  LogLevel level = LogLevel::info;
  std::string_view text;
};

// With its newline. Control characters in the text are escaped (quote.h).
std::string log_line(const LogEvent& event, LogFormat format);
std::string journal_line(const LogEvent& event, LogFormat format);
// Without a newline. `host` may be any text; without a name in it, it is left out.
std::string syslog_message(const LogEvent& event, LogFormat format, std::string_view host,
                           long process);

}  // namespace sluice::tools::daemon

#endif
