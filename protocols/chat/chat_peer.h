// A connection that speaks the chat's plain lines. Only for chat.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "../../reactor/stream/protocol.h"
#include "chat_intake.h"
#include "chat_lines.h"
#include "chat_seat.h"

namespace sluice {

class ChatPeer final : public Protocol, public ChatSeat {
 public:
  // Without `max_line`, that of the options at the time.
  explicit ChatPeer(ChatDesk& desk, std::optional<std::size_t> max_line = {});

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

 private:
  void enter() override;
  void say(std::string_view notice) override;
  [[nodiscard]] std::size_t max_line();
  [[nodiscard]] bool handle(const ChatIntake::Step& step);

  ChatIntake intake_;
  std::optional<std::size_t> max_line_;
};

}  // namespace sluice

#endif
