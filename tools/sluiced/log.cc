#include "log.h"

#include <poll.h>
#include <unistd.h>

#include "../../reactor/base/quote.h"
#include "../common/timestamp.h"

namespace sluice::tools::daemon {

std::string log_line(std::chrono::system_clock::time_point when, LogLevel level,
                     std::string_view text) {
  std::string line = timestamp(when);
  line += ' ';
  line += name_of(level);
  line += ' ';
  line += escape(text, Log::kMaxLine - line.size() - 1);
  line += '\n';
  return line;
}

Log::~Log() {
  try {
    report_dropped();
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory, and nobody left to tell
  }
}

void Log::write(LogLevel level, std::string_view text) noexcept {
  if (level < least_) return;
  try {
    if (!write_line(level, text)) {
      ++dropped_;
      ++unreported_;
      return;
    }
    report_dropped();
  } catch (...) {  // no memory, not even for a line
    ++dropped_;
    ++unreported_;
  }
}

void Log::report_dropped() {
  if (unreported_ == 0) return;
  const std::string text =
      "log: " + std::to_string(unreported_) + " lines were dropped before this";
  if (write_line(LogLevel::warning, text)) unreported_ = 0;
}

bool Log::write_line(LogLevel level, std::string_view text) {
  if (torn_ && !write_at_once("\n")) return false;
  torn_ = false;
  return write_at_once(log_line(std::chrono::system_clock::now(), level, text));
}

bool Log::write_at_once(std::string_view bytes) noexcept {
  // Not O_NONBLOCK, which would hold for everybody who has this pipe or terminal open, the shell
  // included. A pipe that polls as writable takes PIPE_BUF bytes.
  pollfd ready{descriptor_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
  if (count > 0 && static_cast<std::size_t>(count) < bytes.size()) torn_ = true;
  return count == static_cast<ssize_t>(bytes.size());
}

}  // namespace sluice::tools::daemon
