#include "log_line.h"

#include <syslog.h>

#include <algorithm>

#include "../../../reactor/base/text/quote.h"
#include "../../common/json_object.h"
#include "../../common/timestamp.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxHost = 255;  // RFC 5424, section 6

int severity_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::info:
      return LOG_INFO;
    case LogLevel::warning:
      return LOG_WARNING;
    case LogLevel::error:
      break;
  }
  return LOG_ERR;
}

std::string text_body(const LogEvent& event, std::size_t limit) {
  std::string body(name_of(event.level));
  body += ' ';
  body += escape(event.text, limit - body.size());
  return body;
}

std::string json_body(const LogEvent& event, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  std::string text(event.text);
  for (;;) {
    JsonObject object;
    object.add_text("time", timestamp(event.when));
    object.add_text("level", name_of(event.level));
    object.add_text("text", text);
    std::string body = object.text();
    if (body.size() <= limit) return body;
    // By how much it is too long, as if each byte had become as many as the others on average.
    const std::size_t shorter = std::min(text.size() * limit / body.size(), text.size() - 1);
    text.resize(shorter > 2 * kCut.size() ? shorter - 2 * kCut.size() : 0);
    text += kCut;
  }
}

// PRINTUSASCII; syslog separates its fields by spaces.
bool is_host(std::string_view host) noexcept {
  return !host.empty() && host.size() <= kMaxHost &&
         std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string log_line(const LogEvent& event, LogFormat format) {
  if (format == LogFormat::json) return json_body(event, kMaxLogLine - 1) + '\n';
  std::string line = timestamp(event.when) + ' ';
  line += text_body(event, kMaxLogLine - line.size() - 1);
  return line + '\n';
}

std::string journal_line(const LogEvent& event, LogFormat format) {
  std::string line = '<' + std::to_string(severity_of(event.level)) + '>';
  const std::size_t left = kMaxLogLine - line.size() - 1;
  line += format == LogFormat::json ? json_body(event, left) : text_body(event, left);
  return line + '\n';
}

std::string syslog_message(const LogEvent& event, LogFormat format, std::string_view host,
                           long process) {
  // LOG_DAEMON is the facility, already shifted.
  std::string line = '<' + std::to_string(LOG_DAEMON | severity_of(event.level)) + ">1 ";
  line += timestamp(event.when) + ' ';
  line.append(is_host(host) ? host : "-").append(" sluiced ");
  line += std::to_string(process) + " - - ";
  const std::size_t left = kMaxLogLine - line.size();
  return line + (format == LogFormat::json ? json_body(event, left) : text_body(event, left));
}

}  // namespace sluice::tools::daemon
