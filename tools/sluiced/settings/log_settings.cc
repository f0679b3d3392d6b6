#include "log_settings.h"

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kSyslog = "syslog";
constexpr std::string_view kSyslogAt = "syslog:";
constexpr std::string_view kFile = "file:";

// Not relative to a folder that nobody has written down, and that a chroot changes.
std::string absolute_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.find('\0') != path.npos) {
    throw UsageError("path " + quote(path) + " of the log does not begin with a slash");
  }
  return std::string(path);
}

}  // namespace

LogTarget log_target_from(std::string_view text) {
  if (text == "stderr") return {};
  if (text == kSyslog) return {LogTarget::Kind::syslog, kSyslogSocket};
  if (text.starts_with(kSyslogAt)) {
    return {LogTarget::Kind::syslog, absolute_path(text.substr(kSyslogAt.size()))};
  }
  if (text.starts_with(kFile)) {
    return {LogTarget::Kind::file, absolute_path(text.substr(kFile.size()))};
  }
  throw UsageError("to " + quote(text) + " is not stderr, syslog, syslog:/PATH or file:/PATH");
}

std::string to_string(const LogTarget& target) {
  switch (target.kind) {
    case LogTarget::Kind::syslog:
      return target.path == kSyslogSocket ? std::string(kSyslog)
                                          : std::string(kSyslogAt) + target.path;
    case LogTarget::Kind::file:
      return std::string(kFile) + target.path;
    case LogTarget::Kind::standard_error:
      break;
  }
  return "stderr";
}

LogFormat log_format_from(std::string_view text) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    if (name_of(format) == text) return format;
  }
  throw UsageError("format " + quote(text) + " is not text or json");
}

std::string_view name_of(LogFormat format) noexcept {
  return format == LogFormat::json ? "json" : "text";
}

LogLevel log_level_from(std::string_view text) {
  for (const LogLevel level : {LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (name_of(level) == text) return level;
  }
  throw UsageError("level " + quote(text) + " is not info, warning or error");
}

}  // namespace sluice::tools::daemon
