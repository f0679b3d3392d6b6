// A room of a chat: its members, its topic and its last lines. Only for ChatHouse.
//
// What it is: a list of members, and one block that collects lines for them. A block has one
// author, who does not receive it, or none. A line of another author, or the end of a turn,
// delivers the block. So all lines of one read become one block, all members receive all lines in
// the same order, and a hundred members that leave in one turn cause one delivery to each member.
// Lifetime: REQUIRES that members are removed before they are destroyed. Thread: the house's.
// Errors: std::bad_alloc; the line is then not added at all.
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
  bool dirty = false;  // the room is on the house's list of rooms to flush

  // The member does not receive lines that are collected already.
  void add(ChatMember& member);
  void remove(ChatMember& member) noexcept;

  void say(ChatMember& from, std::string_view text);             // "<nick> text"
  void act(ChatMember& from, std::string_view text);             // "~ nick text"
  void announce(std::initializer_list<std::string_view> parts);  // "* " and the parts; no author
  void flush();
  // The block has lines that `member` must receive before anything else is delivered to it.
  [[nodiscard]] bool has_lines_for(const ChatMember& member) const noexcept {
    return member.block_offset_ < block_.size() && author_ != &member;
  }
  void append_history(std::string& text);

  // The number of members who are behind. While there are any, the lines of the others wait.
  std::size_t members_behind = 0;

 private:
  enum class InHistory : bool { no, yes };
  // Adds the line that `write` appends to the block.
  template <class Write>
  void collect(const ChatMember* author, InHistory in_history, Write&& write);
  [[nodiscard]] std::vector<Payload> parts_for_newcomers() const;

  std::string name_;
  std::vector<ChatMember*> members_;  // in the order in which they joined
  std::size_t max_block_;
  std::string block_;
  bool has_newcomers_ = false;  // some members receive only a part of the block
  const ChatMember* author_ = nullptr;
  ChatHistory history_;
};

}  // namespace sluice

#endif
