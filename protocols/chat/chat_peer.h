// A connection in a chat: its handler, and the outlet of its member. Only for chat.cc.
//
// Lifetime: its connection owns it. Its ChatDesk may be destroyed first, and then detaches it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "../../reactor/stream/protocol.h"
#include "chat_allowance.h"
#include "chat_desk.h"
#include "chat_intake.h"
#include "chat_member.h"

namespace sluice {

class ChatPeer final : public Protocol, public ChatOutlet, private ChatSeat {
 public:
  explicit ChatPeer(ChatDesk& desk);
  ~ChatPeer() override;

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_eof(Connection& connection) override;
  void on_writable(Connection& connection) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

  void deliver(const Payload& block) override;
  void on_dismissed() override;

 private:
  void detach() noexcept override;
  [[nodiscard]] ChatMember* member() const noexcept override { return member_; }
  void mark_stalled() noexcept override;
  void resume() noexcept override;

  [[nodiscard]] bool is_allowed();
  void enter();
  void on_allowed();
  [[nodiscard]] bool handle(const ChatIntake::Step& step);
  void leave(std::string_view reason);

  ChatDesk* desk_;
  Connection* connection_ = nullptr;
  ChatMember* member_ = nullptr;
  ChatIntake intake_;
  std::optional<ChatAllowance> allowance_;  // from on_open() on
  std::unique_ptr<Timer> rate_timer_;       // made when the peer first has to wait for the rate
  std::uint64_t dropped_ = 0;               // dropped bytes that the member does not know of yet
  bool waits_to_enter_ = false;             // until the rate allows the notice that it has joined
  bool stalled_ = false;                    // it was behind for longer than the patience
};

}  // namespace sluice

#endif
