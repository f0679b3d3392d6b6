// Where a chat's connections meet: who waits for whom, and when what was said goes out.
// For chat.cc alone.
//
// Lifetime: must go before its loop; detaches the peers that are left. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H

#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../../reactor/loop/timer.h"
#include "chat.h"
#include "chat_house.h"

namespace sluice {

class ChatPeer;

class ChatDesk {
 public:
  ChatDesk(Loop& loop, ChatOptions options);
  ChatDesk(const ChatDesk&) = delete;
  ChatDesk& operator=(const ChatDesk&) = delete;
  ~ChatDesk();

  [[nodiscard]] ChatHouse& house() noexcept { return house_; }
  [[nodiscard]] const ChatOptions& options() const noexcept { return options_; }

  void came(ChatPeer& peer) { peers_.push_back(&peer); }
  void gone(ChatPeer& peer) noexcept;

  // `peer` is paused, and is resumed when somebody has caught up and its room is free.
  void wait(ChatPeer& peer) { waiting_.push_back(&peer); }
  void fell_behind(ChatPeer& peer);         // does not throw
  void caught_up(ChatPeer& peer) noexcept;  // or is gone

 private:
  struct Behind {
    ChatPeer* peer;
    TimePoint until;  // the patience with it lasts
  };
  void end_turn();
  void on_impatient();
  void let_go_on() noexcept;

  Loop& loop_;
  ChatOptions options_;
  EndOfTurn end_of_turn_;
  ChatHouse house_;
  std::vector<ChatPeer*> peers_;
  std::vector<ChatPeer*> waiting_;
  std::vector<Behind> behind_;  // in the order in which they fell behind
  Timer impatient_;
  bool look_again_ = false;  // somebody has caught up: the end of the turn resumes who waits
};

}  // namespace sluice

#endif
