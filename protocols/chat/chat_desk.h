// Where a chat's connections meet: who waits for whom, and when what was said goes out.
// For chat.cc alone.
//
// Lifetime: must go before its loop; detaches the peers that are left. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H

#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../../reactor/loop/timer.h"
#include "chat_house.h"
#include "chat_options.h"

namespace sluice {

// A connection in the chat, as the desk knows it.
class ChatSeat {
 public:
  virtual void detach() noexcept = 0;  // the desk is destroyed
  // Null before it has entered and after it has left.
  [[nodiscard]] virtual ChatMember* member() const noexcept = 0;
  virtual void give_up_on() noexcept = 0;  // nobody waits for it until it has caught up
  virtual void resume() noexcept = 0;      // it waited, and may speak again

 protected:
  ~ChatSeat() = default;
};

class ChatDesk {
 public:
  ChatDesk(Loop& loop, ChatOptions options);
  ChatDesk(const ChatDesk&) = delete;
  ChatDesk& operator=(const ChatDesk&) = delete;
  ~ChatDesk();

  [[nodiscard]] ChatHouse& house() noexcept { return house_; }
  [[nodiscard]] const ChatOptions& options() const noexcept { return options_; }

  void came(ChatSeat& seat) { seats_.push_back(&seat); }
  void gone(ChatSeat& seat) noexcept;

  // `seat` is paused, and is resumed when somebody has caught up and its room is free.
  void wait(ChatSeat& seat) { waiting_.push_back(&seat); }
  void fell_behind(ChatSeat& seat);         // does not throw. REQUIRES: it is a member
  void caught_up(ChatSeat& seat) noexcept;  // or is gone

 private:
  // A seat whose member is behind, and when the others stop waiting for it.
  struct Patience {
    ChatSeat* seat;
    TimePoint until;
  };
  void end_turn();
  void on_impatient();
  void let_go_on() noexcept;

  Loop& loop_;
  ChatOptions options_;
  EndOfTurn end_of_turn_;
  ChatHouse house_;
  std::vector<ChatSeat*> seats_;
  std::vector<ChatSeat*> waiting_;
  std::vector<Patience> patience_;  // in the order in which they fell behind
  Timer impatient_;
  bool look_again_ = false;  // somebody has caught up: the end of the turn resumes who waits
};

}  // namespace sluice

#endif
