#include "log.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "open_log.h"

namespace sluice::tools::daemon {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

Log::Log(int standard_error)
    : standard_error_(standard_error), is_journal_(is_journal(standard_error)), open_(open_log) {}

Log::~Log() {
  try {
    report_dropped();
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory, and nobody left to tell
  }
}

void Log::use(const LogSettings& settings, Fd opened) {
  LogSettings next = settings;
  std::string host = host_name();
  if (settings.to != settings_.to) {
    opened_ = std::move(opened);
    torn_ = false;
  }
  settings_ = std::move(next);
  host_ = std::move(host);
}

void Log::reopen() {
  if (settings_.to.kind == LogTarget::Kind::standard_error) return;
  opened_ = open_(settings_.to);
  torn_ = false;
}

void Log::write(LogLevel level, std::string_view text) noexcept {
  if (level < settings_.level) return;
  if (observer_) observer_(level, text);
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
  const LogEvent event{std::chrono::system_clock::now(), level, text};
  if (settings_.to.kind == LogTarget::Kind::syslog) return send_to_syslog(event);
  if (torn_ && !write_at_once("\n")) return false;
  torn_ = false;
  const bool to_journal = is_journal_ && settings_.to.kind == LogTarget::Kind::standard_error;
  return write_at_once(to_journal ? journal_line(event, settings_.format)
                                  : log_line(event, settings_.format));
}

bool Log::write_at_once(std::string_view bytes) noexcept {
  // Not O_NONBLOCK, which would hold for everybody who has this pipe or terminal open, the shell
  // included. A pipe that polls as writable takes PIPE_BUF bytes.
  const int descriptor = opened_ ? opened_.get() : standard_error_;
  pollfd ready{descriptor, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
  if (count > 0 && static_cast<std::size_t>(count) < bytes.size()) torn_ = true;
  return count == static_cast<ssize_t>(bytes.size());
}

bool Log::send_to_syslog(const LogEvent& event) {
  const std::string message = syslog_message(event, settings_.format, host_, ::getpid());
  if (send_at_once(message)) return true;
  const bool is_busy = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
  return !is_busy && reconnect() && send_at_once(message);
}

bool Log::send_at_once(std::string_view message) const noexcept {
  const ssize_t sent =
      ::send(opened_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(message.size());
}

bool Log::reconnect() {
  const auto now = std::chrono::steady_clock::now();
  if (reconnected_.time_since_epoch().count() != 0 && now - reconnected_ < kReconnect) return false;
  reconnected_ = now;
  try {
    opened_ = open_(settings_.to);
    return true;
  } catch (const std::system_error&) {
    return false;  // its next line tries again
  }
}

}  // namespace sluice::tools::daemon
