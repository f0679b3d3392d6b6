// The daemon's log: one line an event.
//
//   2026-11-21T02:17:10.123Z info descriptors: 20000 (was 1024)
//
// What it is: the time in UTC, a level and a text, written to a descriptor. It is our own, and no
// logging library, because it must neither block the loop nor throw: a line that the descriptor
// does not take at once (a full or closed pipe, a full disk) is dropped and counted, and the next
// line that gets through is followed by one that says how many were. The destructor tries once
// more, so that a log that ends with dropped lines says so.
// What it cannot do: a write to a disk file waits for as long as the system does; and when two
// processes write to one pipe that is nearly full, the second may wait for its reader.
// REQUIRES: SIGPIPE is ignored. Lifetime: does not own the descriptor. Thread: one.
// Units: lines of at most kMaxLine bytes, which POSIX lets a pipe take whole or not at all.
#ifndef SLUICE_TOOLS_SLUICED_LOG_H
#define SLUICE_TOOLS_SLUICED_LOG_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "settings/log_level.h"

namespace sluice::tools::daemon {

// One line with its newline. Control characters in `text` are escaped (quote.h).
std::string log_line(std::chrono::system_clock::time_point when, LogLevel level,
                     std::string_view text);

class Log {
 public:
  static constexpr std::size_t kMaxLine = 4096;

  explicit Log(int descriptor) noexcept : descriptor_(descriptor) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void info(std::string_view text) noexcept { write(LogLevel::info, text); }
  void warning(std::string_view text) noexcept { write(LogLevel::warning, text); }
  void error(std::string_view text) noexcept { write(LogLevel::error, text); }

  // Lines below it are not written, and not counted as dropped.
  void set_level(LogLevel least) noexcept { least_ = least; }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void write(LogLevel level, std::string_view text) noexcept;
  bool write_line(LogLevel level, std::string_view text);
  void report_dropped();
  bool write_at_once(std::string_view bytes) noexcept;

  int descriptor_;
  LogLevel least_ = LogLevel::info;
  bool torn_ = false;  // the last line was written in part
  std::uint64_t dropped_ = 0;
  std::uint64_t unreported_ = 0;  // dropped since the log last said so
};

}  // namespace sluice::tools::daemon

#endif
