// A member of a chat, and the outlet that receives the member's lines.
//
// Lifetime: the ChatHouse owns a ChatMember, and destroys it in leave() or before on_dismissed().
// The caller of ChatHouse::enter() owns the ChatOutlet, and must keep it as long as the member
// exists.
// Thread: the house's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"

namespace sluice {

class ChatRoom;

// Implemented by a connection, a terminal, or a recorder in a test.
class SLUICE_EXPORT ChatOutlet {
 public:
  virtual ~ChatOutlet() = default;
  // Receives one or more whole lines, each with its line feed. It must not throw, and must not call
  // any function of the house but set_behind().
  virtual void deliver(const Payload& block) = 0;
  // The member has left by /quit, or the house was full. Nothing more is delivered, and the
  // ChatMember no longer exists. It must not call the house.
  virtual void on_dismissed() = 0;
};

class SLUICE_EXPORT ChatMember {
 public:
  ChatMember(ChatOutlet& outlet, std::string_view nick) : outlet_(outlet) { set_nick(nick); }
  ChatMember(const ChatMember&) = delete;
  ChatMember& operator=(const ChatMember&) = delete;

  [[nodiscard]] std::string_view nick() const noexcept {
    return std::string_view(prefix_).substr(1, prefix_.size() - 3);
  }
  // It cannot keep up: ChatHouse::set_behind().
  [[nodiscard]] bool behind() const noexcept { return behind_; }

 private:
  friend class ChatHouse;
  friend class ChatRoom;

  void set_nick(std::string_view nick) {
    std::string prefix = "<";
    prefix += nick;
    prefix += "> ";
    prefix_ = std::move(prefix);
  }

  ChatOutlet& outlet_;
  ChatRoom* room_ = nullptr;
  const std::string* key_ = nullptr;  // its key in the house's table, which owns the string
  // The member receives its room's current block from this offset on. It is not 0 if the block
  // began before the member joined.
  std::size_t block_offset_ = 0;
  bool behind_ = false;
  std::string prefix_;  // "<nick> ", the start of each line that the member says
};

}  // namespace sluice

#endif
