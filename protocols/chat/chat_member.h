// A member of a chat, and the outlet that receives what the member reads.
//
// Lifetime: the ChatHouse owns a ChatMember, and destroys it in leave(). The caller of
// ChatHouse::enter() owns the ChatOutlet, and must keep it as long as the member exists.
// Thread: the house's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"
#include "chat_event.h"

namespace sluice {

class ChatRoom;

// Implemented by a connection, a terminal, or a recorder in a test.
class SLUICE_EXPORT ChatOutlet {
 public:
  virtual ~ChatOutlet() = default;
  // Receives whole lines or messages in the format of the member. It must not throw, and must not
  // call any function of the house but set_behind().
  virtual void deliver(const Payload& block) = 0;
  // The member has left, or could not enter, by something that it typed or that an operator did.
  // Nothing more is delivered, and the ChatMember no longer exists. It must not call the house.
  virtual void on_dismissed() = 0;
};

// How a newcomer takes part.
struct ChatNewcomer {
  ChatOutlet& outlet;
  const ChatFormat& format;               // outlives the member
  std::string_view nick = {};             // if it is valid and free; else guestN
  std::string_view origin = "chat@chat";  // "user@host", as other members see it
  std::string_view about = {};            // what it says of itself
  // The member enters the lobby, and joining a room leaves the other one. Without it, the member
  // begins in no room and may be in several.
  bool one_room = true;
  bool reads_itself = false;  // receives also what it has said
  bool is_operator = false;   // of the house
};

// A member that has left or has another name now.
struct ChatPast {
  std::string nick;
  std::string origin;
  std::string about;
  ChatTime until{};
};

class SLUICE_EXPORT ChatMember {
 public:
  ChatMember(const ChatNewcomer& newcomer, std::string_view nick, ChatTime since)
      : outlet_(newcomer.outlet),
        format_(&newcomer.format),
        nick_(nick),
        origin_(newcomer.origin),
        about_(newcomer.about),
        since_(since),
        one_room_(newcomer.one_room),
        reads_itself_(newcomer.reads_itself),
        is_operator_(newcomer.is_operator) {}
  ChatMember(const ChatMember&) = delete;
  ChatMember& operator=(const ChatMember&) = delete;

  [[nodiscard]] std::string_view nick() const noexcept { return nick_; }
  [[nodiscard]] std::string_view origin() const noexcept { return origin_; }
  [[nodiscard]] std::string_view about() const noexcept { return about_; }
  // "nick!user@host", which the bans of a room are compared with.
  [[nodiscard]] std::string mask() const { return nick_ + '!' + origin_; }
  // In the order in which it has joined them.
  [[nodiscard]] const std::vector<ChatRoom*>& rooms() const noexcept { return rooms_; }
  [[nodiscard]] bool is_in(const ChatRoom& room) const noexcept;
  [[nodiscard]] const std::string& away() const noexcept { return away_; }  // empty: it is here
  [[nodiscard]] ChatTime since() const noexcept { return since_; }
  [[nodiscard]] ChatTime last_said() const noexcept { return last_said_; }
  [[nodiscard]] bool has_one_room() const noexcept { return one_room_; }
  [[nodiscard]] bool is_operator() const noexcept { return is_operator_; }  // of the house
  // It cannot keep up: ChatHouse::set_behind().
  [[nodiscard]] bool behind() const noexcept { return behind_; }

 private:
  friend class ChatHouse;
  friend class ChatRoom;

  ChatOutlet& outlet_;
  const ChatFormat* format_;
  std::string nick_;
  std::string origin_;
  std::string about_;
  std::string away_;
  const std::string* key_ = nullptr;  // its key in the house's table, which owns the string
  std::vector<ChatRoom*> rooms_;
  ChatTime since_;
  ChatTime last_said_ = since_;
  std::uint64_t round_ = 0;  // of the last event that went to several rooms
  bool one_room_;
  bool reads_itself_;
  bool is_operator_;
  bool behind_ = false;
};

}  // namespace sluice

#endif
