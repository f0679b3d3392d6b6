// A connection in a chat: the handler, and the outlet of its member. For chat.cc alone.
//
// Lifetime: owned by its connection. Its ChatDesk may go first, and then detaches it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_PEER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

#include "../../reactor/base/token_bucket.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "../../reactor/stream/protocol.h"
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
  void on_close(Connection& connection, std::error_code reason) override;

  void deliver(const Payload& block) override;
  void on_dismissed() override;

 private:
  void detach() noexcept override;
  [[nodiscard]] ChatMember* member() const noexcept override { return member_; }
  void give_up_on() noexcept override;
  void resume() noexcept override;

  [[nodiscard]] bool may_speak();
  [[nodiscard]] bool take(const ChatIntake::Step& step);
  void leave(std::string_view reason);

  ChatDesk* desk_;
  Connection* connection_ = nullptr;
  ChatMember* member_ = nullptr;
  ChatIntake intake_;
  TokenBucket allowance_;
  std::unique_ptr<Timer> rate_timer_;  // made when it first waits
  std::uint64_t dropped_ = 0;          // bytes that it was not sent and has not been told of
  bool stalled_ = false;               // the patience with it has run out
};

}  // namespace sluice

#endif
