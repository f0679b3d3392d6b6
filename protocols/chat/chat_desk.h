// The connections of a chat: which of them wait, and when collected lines are delivered. Only for
// the fronts.
//
// Lifetime: must be destroyed before its loop. The destructor detaches the remaining seats.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_DESK_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../../reactor/loop/patience_list.h"
#include "chat_allowance.h"
#include "chat_house.h"
#include "chat_options.h"

namespace sluice {

class ChatSeat;

class ChatDesk {
 public:
  ChatDesk(Loop& loop, ChatOptions options);
  ChatDesk(const ChatDesk&) = delete;
  ChatDesk& operator=(const ChatDesk&) = delete;
  ~ChatDesk();

  [[nodiscard]] ChatHouse& house() noexcept { return house_; }
  [[nodiscard]] const ChatOptions& options() const noexcept { return options_; }
  void set_options(ChatOptions options);
  [[nodiscard]] ChatRates& rates() noexcept { return rates_; }

  // "user@host" of a peer as other members see it: the host stands for its source, without showing
  // the address. It changes when the process starts again.
  [[nodiscard]] std::string origin_of(std::string_view user, const Address& peer) const;

  void add(ChatSeat& seat) { seats_.push_back(&seat); }
  void remove(ChatSeat& seat) noexcept;

  // `seat` has paused its connection. Resumes it when no member in its rooms is behind any more.
  void wait(ChatSeat& seat) { waiting_.push_back(&seat); }
  // Its line begins to wait: resumes it after ChatOptions::patience at the latest, even if other
  // members fall behind meanwhile. REQUIRES: end_patience() was called since the last time.
  void begin_patience(ChatSeat& seat) { patient_.add(seat, options_.patience); }
  void end_patience(ChatSeat& seat) noexcept { patient_.remove(seat); }
  // The others wait for `seat`, up to ChatOptions::patience. Never throws.
  // REQUIRES: seat.member() is not null.
  void mark_behind(ChatSeat& seat);
  // The others no longer wait for `seat`, because it has caught up or left.
  void mark_caught_up(ChatSeat& seat) noexcept;
  // `seat` begins to drain. REQUIRES: remove() follows.
  void begin_drain(ChatSeat& seat);

 private:
  void end_turn();
  void expire(ChatSeat& seat) noexcept;
  void end_wait(ChatSeat& seat) noexcept;
  void schedule_resume() noexcept;

  ChatOptions options_;
  ChatRates rates_;
  EndOfTurn end_of_turn_;
  ChatHouse house_;
  std::vector<ChatSeat*> seats_;
  std::vector<ChatSeat*> waiting_;
  PatienceList<ChatSeat> behind_;
  PatienceList<ChatSeat> patient_;
  std::size_t draining_ = 0;     // seats
  bool resume_pending_ = false;  // at the end of the turn, resume the seats that need not wait
};

}  // namespace sluice

#endif
