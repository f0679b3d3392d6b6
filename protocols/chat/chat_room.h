// A room of a chat: who is in it, what it is about, what was said last.
//
// What it is: a list of members and one block that collects what they are to hear. A block has one
// author, who does not hear it, or none; a line of another author, or the end of a turn, delivers
// what is there. So all lines that one read brings become one block, all members hear all in one
// order, and a hundred farewells in a turn are one delivery a member. For the ChatHouse alone.
// Lifetime: REQUIRES that members are removed before they go. Thread: one.
// Errors: std::bad_alloc; a line that found no memory is not said at all.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_ROOM_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_ROOM_H

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "chat_history.h"
#include "chat_member.h"

namespace sluice {

class ChatRoom {
 public:
  // A block that has grown to `block` bytes is delivered at once.
  ChatRoom(std::string_view name, std::size_t history, std::size_t block)
      : name_(name), max_block_(block), history_(history) {}
  ChatRoom(const ChatRoom&) = delete;
  ChatRoom& operator=(const ChatRoom&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::vector<ChatMember*>& members() const noexcept { return members_; }
  std::string topic;
  bool dirty = false;  // the house has it on its list of rooms to flush

  // What is collected already is not for the newcomer.
  void add(ChatMember& member);
  void remove(ChatMember& member) noexcept;

  void say(ChatMember& from, std::string_view text);  // "<nick> text"
  void act(ChatMember& from, std::string_view text);  // "* nick text", for the others too
  void announce(std::initializer_list<std::string_view> parts);  // "* ", the parts; for everybody
  void flush();
  // Something is collected that `member` must hear before anything else is delivered to it.
  [[nodiscard]] bool owes(const ChatMember& member) const noexcept {
    return member.hears_from_ < block_.size() && author_ != &member;
  }
  void append_history(std::string& text);

  // Members who are behind; while there are any, others do not speak.
  std::size_t held_up = 0;

 private:
  enum class Remembered : bool { no, yes };
  // Adds the line that `write` appends to the block.
  [[nodiscard]] std::vector<Payload> parts_for_newcomers() const;
  template <class Write>
  void collect(const ChatMember* author, Remembered remembered, Write&& write);

  std::string name_;
  std::vector<ChatMember*> members_;  // in the order in which they came
  std::size_t max_block_;
  std::string block_;
  bool newcomers_ = false;  // some members are to hear only a part of the block
  const ChatMember* author_ = nullptr;
  ChatHistory history_;
};

}  // namespace sluice

#endif
