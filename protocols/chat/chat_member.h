// Somebody in a chat, and where what they are to hear goes.
//
// Lifetime: a ChatMember belongs to its ChatHouse and is gone after leave() or dismissed(). A
// ChatOutlet belongs to who gave it, and outlives its member. Thread: one, the house's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_MEMBER_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"

namespace sluice {

class ChatRoom;

// A connection, a terminal, a test's recorder.
class SLUICE_EXPORT ChatOutlet {
 public:
  virtual ~ChatOutlet() = default;
  // One or more whole lines, each with its line feed. It must not call the house, but for
  // ChatHouse::set_behind(), and must not throw.
  virtual void deliver(const Payload& block) = 0;
  // The member has left by /quit, or there was no room for it: nothing more is delivered, and the
  // ChatMember is gone. It must not call the house.
  virtual void dismissed() = 0;
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
  const std::string* key_ = nullptr;  // by which its house knows it; in the house's table
  // The block that its room collects began before this member came: it hears from here on.
  std::size_t hears_from_ = 0;
  bool behind_ = false;
  std::string prefix_;  // "<nick> ", what every line that it says begins with
};

}  // namespace sluice

#endif
