// One of the two handlers of a relay. Only for relay().
//
// What it is: the handler of one connection, which passes what it receives on to the other one. On
// a plain socket it is called before its connection when the socket is ready, so that it can move
// bulk in the kernel.
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_REACTOR_RELAY_RELAY_END_H
#define SLUICE_REACTOR_RELAY_RELAY_END_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include "../base/pipe.h"
#include "../stream/connection.h"
#include "../stream/protocol.h"
#include "relay.h"

namespace sluice {

class RelayEnd final : public Protocol {
 public:
  RelayEnd(Connection& own, bool is_a) noexcept : own_(own), is_a_(is_a) {}

  // Replaces the handlers of both connections.
  static void join(Connection& a, Connection& b, RelayDone done);

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

 private:
  void begin();
  void on_ready(int events) noexcept;
  [[nodiscard]] bool may_splice() const noexcept;
  void splice_ready();
  [[nodiscard]] bool splice_once();
  void note_size(std::size_t size) noexcept;
  void hold_up_other();
  void let_other_go_on();
  void give_back_pipe() noexcept;
  void note_closed(std::error_code reason) noexcept;

  Connection& own_;
  RelayEnd* other_ = nullptr;  // null when it has closed
  RelayDone done_;             // in one of the two; when that has closed, in the other one
  RelayResult result_;
  std::uint64_t passed_on_ = 0;
  Pipe pipe_;  // bytes on their way to this connection
  int small_ = 0;
  const bool is_a_;
  bool is_bulk_ = false;         // what this connection receives is moved in the kernel
  bool holds_up_other_ = false;  // the other one is paused until this one has sent more
};

}  // namespace sluice

#endif
