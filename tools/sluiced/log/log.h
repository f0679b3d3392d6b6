// The daemon's log: one line an event, to the standard error, a file or syslog.
//
// What it is: a level, a text and the time, written to a descriptor. It is our own, and no logging
// library, because it must neither block the loop nor throw: a line that the descriptor does not
// take at once (a full or closed pipe, a full disk, a syslog that is busy or gone) is dropped and
// counted, and the next line that gets through is followed by one that says how many were. The
// destructor tries once more, so that a log that ends with dropped lines says so.
// What it cannot do: a write to a disk file waits for as long as the system does; and when two
// processes write to one pipe that is nearly full, the second may wait for its reader.
// A syslog that restarts is connected to again, at most once in kReconnect.
// REQUIRES: SIGPIPE is ignored. Lifetime: does not own the standard error; it owns what it opened.
// Thread: one.
#ifndef SLUICE_TOOLS_SLUICED_LOG_LOG_H
#define SLUICE_TOOLS_SLUICED_LOG_LOG_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "../../../reactor/base/fd.h"
#include "log_line.h"

namespace sluice::tools::daemon {

class Log {
 public:
  static constexpr std::size_t kMaxLine = kMaxLogLine;
  static constexpr std::chrono::seconds kReconnect{1};
  // As open_log(), which a process without the rights for it replaces.
  using Open = std::function<Fd(const LogTarget& target)>;

  // Writes to the standard error until use(). The descriptor is a parameter for the tests.
  explicit Log(int standard_error);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void info(std::string_view text) noexcept { write(LogLevel::info, text); }
  void warning(std::string_view text) noexcept { write(LogLevel::warning, text); }
  void error(std::string_view text) noexcept { write(LogLevel::error, text); }

  // What its target is opened with.
  void set_open(Open open) { open_ = std::move(open); }
  [[nodiscard]] Fd open(const LogTarget& target) const { return open_(target); }
  // Writes as `settings` say from now on; `opened` is what open() returned for their target, and is
  // not used if that is the target already. Throws std::bad_alloc, and then nothing has changed.
  void use(const LogSettings& settings, Fd opened);
  // Opens the target again: a file may have been renamed. Throws as open_log(), and then the log
  // goes on as it was.
  void reopen();

  // Gets each line at or above the level, including one that is dropped. It must not throw.
  using Observer = std::function<void(LogLevel level, std::string_view text)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }

  // Lines below it are not written, and not counted as dropped.
  void set_level(LogLevel least) noexcept { settings_.level = least; }
  [[nodiscard]] const LogTarget& target() const noexcept { return settings_.to; }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void write(LogLevel level, std::string_view text) noexcept;
  bool write_line(LogLevel level, std::string_view text);
  void report_dropped();
  bool write_at_once(std::string_view bytes) noexcept;
  bool send_to_syslog(const LogEvent& event);
  [[nodiscard]] bool send_at_once(std::string_view message) const noexcept;
  bool reconnect();

  int standard_error_;
  bool is_journal_;
  LogSettings settings_;
  Fd opened_;  // none: the standard error
  Open open_;
  std::string host_;  // for syslog
  Observer observer_;
  std::chrono::steady_clock::time_point reconnected_{};
  bool torn_ = false;  // the last line was written in part
  std::uint64_t dropped_ = 0;
  std::uint64_t unreported_ = 0;  // dropped since the log last said so
};

}  // namespace sluice::tools::daemon

#endif
