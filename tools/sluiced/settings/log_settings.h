// Where the log of the daemon is written, and how: plain data, and its spelling.
//
// Errors: the readers throw UsageError with what was read and what is allowed. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_LOG_SETTINGS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_LOG_SETTINGS_H

#include <cstdint>
#include <string>
#include <string_view>

#include "log_level.h"

namespace sluice::tools::daemon {

inline constexpr const char* kSyslogSocket = "/dev/log";

struct LogTarget {
  enum class Kind : std::uint8_t { standard_error, syslog, file };

  Kind kind = Kind::standard_error;
  std::string path;  // of the file, or of the socket of syslog

  friend bool operator==(const LogTarget&, const LogTarget&) = default;
};

enum class LogFormat : std::uint8_t { text, json };

struct LogSettings {
  LogTarget to;
  LogFormat format = LogFormat::text;
  LogLevel level = LogLevel::info;
};

// stderr, syslog, syslog:/PATH, file:/PATH.
LogTarget log_target_from(std::string_view text);
std::string to_string(const LogTarget& target);

LogFormat log_format_from(std::string_view text);
std::string_view name_of(LogFormat format) noexcept;

LogLevel log_level_from(std::string_view text);

}  // namespace sluice::tools::daemon

#endif
