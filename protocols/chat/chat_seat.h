// A connection as a member of a chat: what every front over a connection has in common. Only for
// the fronts.
//
// What it is: the outlet of the member, the rate of its source, and the one place where congestion
// of a connection is decided. A front derives its handler from Protocol and from this, reads what
// its peer sends while may_read(), and passes the events of the connection on.
// Lifetime: its connection owns it. Its ChatDesk may be destroyed first, and then detaches it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_SEAT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_SEAT_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "chat_allowance.h"
#include "chat_desk.h"
#include "chat_house.h"

namespace sluice {

class ChatSeat : public ChatOutlet {
 public:
  ChatSeat(const ChatSeat&) = delete;
  ChatSeat& operator=(const ChatSeat&) = delete;

  void deliver(const Payload& block) override;
  void on_dismissed() override;

 protected:
  explicit ChatSeat(ChatDesk& desk);
  ~ChatSeat() override;

  // Makes the member, or begins to wait for what it needs first. Runs later than open() if the rate
  // does not yet allow the notice that the member has joined.
  virtual void enter() = 0;
  // Sends a notice of the house to the peer alone, also before it is a member.
  virtual void say(std::string_view notice) = 0;
  // Closes the connection of a peer that cannot enter, after the notice that says why.
  virtual void turn_away() { connection_->close(); }

  // For on_open(): calls enter() now or later.
  void open(Connection& connection);
  // In place of open(), for a peer that others do not notice until it does something. Does not call
  // enter(). Returns false, and closes the connection, if the desk is gone.
  [[nodiscard]] bool attach(Connection& connection);
  // For on_drain(): what was said is read before the connection closes.
  void begin_drain();
  void drain();  // the same, and notifies the member
  // Whether the peer's next line may be handled. Otherwise its connection is paused.
  [[nodiscard]] bool may_read();
  // A line cannot be handled because a member is behind: pauses the connection until it can, or
  // until the patience of this line is over. Then congestion() is to ignore such members.
  void wait();
  [[nodiscard]] ChatHouse::Congestion congestion() const noexcept {
    return patience_ == Patience::over ? ChatHouse::Congestion::ignore
                                       : ChatHouse::Congestion::wait;
  }
  void spend();                         // a line was handled
  void charge();                        // a line was handled that could not wait
  void catch_up();                      // for on_writable()
  void leave(std::string_view reason);  // of its member, if it has one
  void close(CloseReason reason);       // for on_close()

  // Of the house, as ChatOptions::is_operator says of its peer.
  [[nodiscard]] bool is_peer_operator() const;
  // Notifies a member that has just entered of what it is.
  void greet_operator();

  [[nodiscard]] bool is_attached() const noexcept { return desk_ != nullptr; }
  // Its peer waits until the rate allows it to enter.
  [[nodiscard]] bool waits_to_enter() const noexcept { return waits_to_enter_; }
  [[nodiscard]] ChatMember* member() const noexcept { return member_; }
  void set_member(ChatMember* member) noexcept { member_ = member; }
  [[nodiscard]] ChatDesk& desk() noexcept { return *desk_; }
  [[nodiscard]] ChatHouse& house() noexcept { return desk_->house(); }
  [[nodiscard]] Connection& connection() noexcept { return *connection_; }

 private:
  friend class ChatDesk;
  void detach() noexcept;  // the desk is being destroyed
  // It was behind for longer than the patience. The others do not wait for it again until it has
  // caught up.
  void mark_stalled() noexcept { stalled_ = true; }
  void resume() noexcept { connection_->resume(); }
  void mark_draining() noexcept { draining_ = true; }
  [[nodiscard]] bool is_draining() const noexcept { return draining_; }
  void lose_patience() noexcept { patience_ = Patience::over; }
  void on_allowed();

  enum class Patience : std::uint8_t { unused, runs, over };  // of the line that waits

  ChatDesk* desk_;
  Connection* connection_ = nullptr;
  ChatMember* member_ = nullptr;
  std::optional<ChatAllowance> allowance_;  // from open() on
  std::unique_ptr<Timer> rate_timer_;       // made when the peer first has to wait for the rate
  std::uint64_t dropped_ = 0;               // dropped bytes that the member does not know of yet
  Patience patience_ = Patience::unused;
  bool waits_to_enter_ = false;  // until the rate allows the notice that it has joined
  bool stalled_ = false;         // it was behind for longer than the patience
  bool draining_ = false;
};

}  // namespace sluice

#endif
