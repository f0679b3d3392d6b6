// The log of connections: a line at the end of each, if the operator wants it.
//
//   closed: service=echo endpoint=tcp://127.0.0.1:7007 peer=127.0.0.1:50124 in=12 out=12 seconds=3
//   reason="peer closed"
//
// What it is: the line, and its pace. A source, of which there is one for all Unix peers, gets
// kLinesPerSource lines at once and in each second after that, and all together get kLines. A
// source that has more gets none for a second. What was left out is counted, and logged once in
// kSummary.
// Lifetime: must be destroyed before the loop, and after the connections. Thread: the loop's.
// Errors: none: without memory, a line is left out.
#ifndef SLUICE_TOOLS_SLUICED_CONNECTION_LOG_H
#define SLUICE_TOOLS_SLUICED_CONNECTION_LOG_H

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "../../protocols/udp/answer_limits.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "endpoints/connection_end.h"
#include "log/log.h"
#include "settings/listen_spec.h"

namespace sluice::tools::daemon {

class ConnectionLog {
 public:
  static constexpr std::uint32_t kLinesPerSource = 10;
  static constexpr std::uint32_t kLines = 100;
  static constexpr std::chrono::seconds kSummary{1};

  ConnectionLog(Loop& loop, Log& log);
  ConnectionLog(const ConnectionLog&) = delete;
  ConnectionLog& operator=(const ConnectionLog&) = delete;
  ~ConnectionLog();

  // Nothing is logged until it is on.
  void set_on(bool on) noexcept { on_ = on; }
  [[nodiscard]] bool is_on() const noexcept { return on_; }  // any thread
  void closed(const ListenSpec& spec, const Endpoint& endpoint,
              const ConnectionEnd& connection) noexcept;

 private:
  void say_what_was_left_out() noexcept;

  Loop& loop_;
  Log& log_;
  AnswerLimits limits_{{.total = kLines, .per_source = kLinesPerSource}};
  std::uint64_t left_out_ = 0;
  std::string latest_;  // the source of the latest line that was left out
  Timer summary_;
  std::atomic<bool> on_{false};
};

}  // namespace sluice::tools::daemon

#endif
