// A room of a chat: its members, its topic, its last lines, and who may do what.
//
// What it is: a list of members, and for each wire format of the members one block that collects
// events for them. A block has one author, who does not receive it, or none. An event of another
// author, or the end of a turn, delivers the blocks. So all lines of one read become one block, all
// members receive all lines in the same order, and a hundred members that leave in one turn cause
// one delivery to each member.
// Lifetime: the house owns it, and removes it when its last member leaves, unless it is the lobby.
// Thread: the house's. Errors: std::bad_alloc; the event is then not added at all.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_ROOM_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_ROOM_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat_event.h"
#include "chat_history.h"
#include "chat_member.h"
#include "chat_mode.h"

namespace sluice {

class ChatRecord;

class SLUICE_EXPORT ChatRoom {
 public:
  struct Place {
    ChatMember* member;
    // The member receives the current block of its format from this offset on. It is not 0 if the
    // block began before the member joined.
    std::size_t offset = 0;
    bool is_operator = false;
    bool has_voice = false;
  };
  struct Topic {
    std::string text;
    std::string author;  // "nick!user@host"
    ChatTime time{};
  };

  // Blocks that have grown to `block` bytes are delivered at once.
  ChatRoom(std::string_view name, std::size_t history, std::size_t block, ChatTime created)
      : name_(name), created_(created), max_block_(block), history_(history) {}
  ChatRoom(const ChatRoom&) = delete;
  ChatRoom& operator=(const ChatRoom&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] ChatTime created() const noexcept { return created_; }
  [[nodiscard]] const std::vector<Place>& members() const noexcept { return members_; }
  [[nodiscard]] const Place* place_of(const ChatMember& member) const noexcept;
  [[nodiscard]] bool has_operator(const ChatMember& member) const noexcept;
  [[nodiscard]] const Topic& topic() const noexcept { return topic_; }
  [[nodiscard]] const ChatRoomModes& modes() const noexcept { return modes_; }
  // What is said here is kept beyond the history.
  [[nodiscard]] bool is_recorded() const noexcept { return record_ != nullptr; }
  // Some member is behind. While there is one, the lines of the others wait.
  [[nodiscard]] bool is_congested() const noexcept { return members_behind_ != 0; }
  // When the last message was said that the room keeps, or nothing.
  [[nodiscard]] std::optional<ChatTime> last_message() const noexcept;
  // Appends the last lines after the event with the id `after`.
  void append_history(std::string& to, const ChatFormat& format, std::uint64_t after = 0) const;

 private:
  friend class ChatHouse;
  enum class InHistory : bool { no, yes };
  struct Block {
    const ChatFormat* format;
    std::size_t members = 0;
    std::string text = {};
    Payload ready = {};  // during flush()
  };

  // The member does not receive events that are collected already.
  SLUICE_LOCAL void add(ChatMember& member);
  SLUICE_LOCAL void remove(ChatMember& member) noexcept;
  // `author` does not receive the event, unless it reads itself. Null: all receive it.
  SLUICE_LOCAL void collect(const ChatEvent& event, const ChatMember* author, InHistory in_history);
  SLUICE_LOCAL void flush();
  [[nodiscard]] SLUICE_LOCAL bool is_pending() const noexcept;
  // The block has events that `member` must receive before anything else is delivered to it.
  [[nodiscard]] SLUICE_LOCAL bool has_lines_for(const ChatMember& member) const noexcept;
  [[nodiscard]] SLUICE_LOCAL Block& block_of(const ChatFormat& format) noexcept;
  [[nodiscard]] SLUICE_LOCAL const Block& block_of(const ChatFormat& format) const noexcept;
  [[nodiscard]] SLUICE_LOCAL bool skips(const ChatMember& member) const noexcept {
    return &member == author_ && !member.reads_itself_;
  }
  [[nodiscard]] SLUICE_LOCAL std::vector<Payload> parts_for_newcomers() const;
  SLUICE_LOCAL Block& add_block(const ChatFormat& format);
  SLUICE_LOCAL void release_block(const ChatFormat& format) noexcept;
  [[nodiscard]] SLUICE_LOCAL Place* find_place(const ChatMember& member) noexcept;

  std::string name_;
  ChatTime created_;
  Topic topic_;
  ChatRoomModes modes_;
  std::vector<Place> members_;    // in the order in which they joined
  ChatRecord* record_ = nullptr;  // of ChatHouse::set_recorder()
  bool record_changed_ = false;   // during set_recorder()
  std::vector<Block> blocks_;     // one for each format that a member has
  std::size_t members_behind_ = 0;
  std::size_t max_block_;
  const ChatMember* author_ = nullptr;
  bool has_newcomers_ = false;  // some members receive only a part of their block
  bool dirty_ = false;          // the room is on the house's list of rooms to flush
  ChatHistory history_;
};

}  // namespace sluice

#endif
