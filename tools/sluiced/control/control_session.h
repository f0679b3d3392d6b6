// One client of the control socket: reads its commands, and sends an answer to each, in order.
//
// What it is: the handler of a connection. While an answer is made in pieces, one a turn and none
// while the client does not read, the client's next commands wait.
// Lifetime: REQUIRES that the commands outlive it. Thread: the loop's.
// Nothing follows the answer to `monitor`, which ends with the connection.
// Errors: a line above kMaxLine is answered with an error and skipped.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SESSION_H
#define SLUICE_TOOLS_SLUICED_CONTROL_CONTROL_SESSION_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "../../../protocols/codec/decoder.h"
#include "../../../reactor/loop/timer.h"
#include "../../../reactor/stream/listener.h"
#include "../../../reactor/stream/protocol.h"
#include "control_answer.h"
#include "control_commands.h"

namespace sluice::tools::daemon {

class ControlSession final : public Protocol, public ControlClient, private MonitorWatcher {
 public:
  static constexpr std::size_t kMaxLine = 1024;
  static constexpr std::size_t kMaxConnections = 16;
  static constexpr std::size_t kMaxRead = 4096;  // bytes
  // Events that wait for a client that watches; above it, events are dropped and counted.
  static constexpr std::size_t kMaxEvents = 64 * 1024;  // bytes

  explicit ControlSession(ControlTarget& target);

  static ListenerOptions listener_options();

  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_writable(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

  std::function<void(const Make& make)> end_later() override;
  void watch(Monitor& monitor) override;
  [[nodiscard]] std::string name() const override;

 private:
  // MonitorWatcher
  void on_event(std::string_view row) noexcept override;
  void on_missed_event() noexcept override { ++missed_; }

  void answer(Connection& connection, std::string_view line);
  void replace_answer(ControlAnswer answer);
  void continue_answer();

  ControlTarget& target_;
  Decoder decoder_;
  Connection* connection_ = nullptr;     // while an answer is being made
  std::optional<ControlAnswer> answer_;  // the one that is being made
  bool running_ = false;                 // a command
  Monitor* monitor_ = nullptr;           // while the client watches
  std::uint64_t missed_ = 0;             // events, since the client's last report of them
  Timer next_piece_;
};

}  // namespace sluice::tools::daemon

#endif
