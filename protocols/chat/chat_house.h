// The rules of a chat: its members, their names, its rooms, and which member receives which line.
//
//   member types              the others in the room read
//   hello                     <ann> hello
//   /me waves                 ~ ann waves
//   //not a command           <ann> /not a command
//
// What it is: members, rooms and their last lines, without sockets or clocks. submit() accepts
// lines, and each member's ChatOutlet receives them. A member is in one room at a time. A new
// member starts in the lobby, as guestN. /help and sluice_chat(3) list the commands.
// Delivery: the house collects lines until flush(), and calls `wake` when there is something to
// flush. Consecutive lines of one member are delivered as one shared block. All members of a room
// receive the lines in the same order.
// Notices of the house begin with "* ", and no line of a member does. Members cannot call
// themselves by a reserved name: ChatRules::reserved, the name of the lobby, and guest with a
// number, which the house gives.
// Congestion: the outlet calls set_behind() when its member does not keep up. While a member is
// behind, submit() rejects lines that would be delivered to it, and the caller submits them again
// later.
// Limits: those of ChatRules. A topic has at most kMaxTopic bytes, and the history of a room at
// most 64 KiB. A block may exceed ChatRules::block by one line.
// Lifetime: owns members and rooms. REQUIRES that outlets outlive their members.
// Thread: any, one at a time.
// Errors: std::bad_alloc; the call then had its full effect on members and rooms, or none.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_HOUSE_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_HOUSE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/base/keyed_hash.h"
#include "chat_member.h"

namespace sluice {

struct ChatRules {
  std::string lobby = "lobby";  // the first room. REQUIRES: is_chat_name(lobby)
  std::string greeting = "Welcome. Type to talk; /help lists the commands.";  // empty: none
  std::size_t history = 20;        // lines of a room that a new member receives
  std::size_t max_members = 4096;  // above it, a newcomer gets a notice and is dismissed
  std::size_t max_rooms = 256;     // including the lobby
  // In a room other than the lobby, which max_members limits.
  std::size_t max_in_room = static_cast<std::size_t>(-1);
  // Names that no member can give itself; enter() can.
  std::vector<std::string> reserved = {"operator", "server", "system"};
  std::size_t block = 128 * 1024;  // a room that has collected so many bytes delivers them at once
};

class SLUICE_EXPORT ChatHouse {
 public:
  static constexpr std::size_t kMaxTopic = 400;        // bytes of a topic
  static constexpr std::size_t kMaxWelcomeNames = 50;  // names in the welcome
  static constexpr std::size_t kMaxNames = 4096;       // names in the answer to /who
  // Whether submit() waits for members who are behind.
  enum class Congestion : std::uint8_t { wait, ignore };

  explicit ChatHouse(ChatRules rules = {}, std::function<void()> wake = {});
  ChatHouse(const ChatHouse&) = delete;
  ChatHouse& operator=(const ChatHouse&) = delete;
  ~ChatHouse();  // delivers nothing to the members

  // Adds a member. Its name is `nick` if that is valid and free, else guestN with the smallest free
  // N. Returns null if the house is full: the outlet gets a notice, and then on_dismissed().
  ChatMember* enter(ChatOutlet& outlet, std::string_view nick = {});
  // Processes a line that `member` typed, without its end; an empty line is ignored. Returns false,
  // without any effect, if a member that would receive the line is behind. If the line is /quit,
  // `member` is destroyed, and its outlet gets on_dismissed().
  [[nodiscard]] bool submit(ChatMember& member, std::string_view line,
                            Congestion congestion = Congestion::wait);
  // Sends a notice to `member` alone: a line that begins with "* ".
  void notify(ChatMember& member, std::string_view text);
  // Removes `member`, even if it throws. The others in the room get a notice, with the reason if it
  // is not empty.
  void leave(ChatMember& member, std::string_view reason);
  // Delivers all collected lines.
  void flush();
  // Applies at once. The lobby keeps its name, and each room the history and the block that it has.
  void set_rules(ChatRules rules);

  void set_behind(ChatMember& member, bool behind) noexcept;
  // Whether a member in the room of `member` is behind.
  [[nodiscard]] bool is_congested(const ChatMember& member) const noexcept;

  [[nodiscard]] std::size_t members() const noexcept { return members_.size(); }
  [[nodiscard]] std::size_t rooms() const noexcept { return rooms_.size(); }
  [[nodiscard]] const std::string& room_of(const ChatMember& member) const noexcept;

 private:
  struct SLUICE_LOCAL Command;
  SLUICE_LOCAL static std::span<const Command> commands() noexcept;

  // chat_house.cc
  [[nodiscard]] SLUICE_LOCAL std::string free_nick(std::string_view wanted);
  [[nodiscard]] SLUICE_LOCAL bool is_reserved(std::string_view key) const;
  SLUICE_LOCAL void release_nick(std::string_view key) noexcept;
  SLUICE_LOCAL ChatRoom& find_or_make_room(std::string_view name);
  SLUICE_LOCAL void mark_dirty(ChatRoom& room);
  SLUICE_LOCAL void remove_if_empty(ChatRoom& room) noexcept;
  SLUICE_LOCAL void deliver(ChatMember& member, std::string_view text);
  SLUICE_LOCAL void move(ChatMember& member, ChatRoom& to);
  [[nodiscard]] SLUICE_LOCAL std::string welcome(ChatRoom& room, std::string_view nick) const;
  [[nodiscard]] SLUICE_LOCAL ChatMember* find(std::string_view nick);

  // chat_commands.cc. These return what submit() returns.
  SLUICE_LOCAL bool run_command(ChatMember& member, std::string_view line, Congestion congestion);
  SLUICE_LOCAL bool nick(ChatMember& member, std::string_view wanted, Congestion congestion);
  SLUICE_LOCAL bool me(ChatMember& member, std::string_view text, Congestion congestion);
  SLUICE_LOCAL bool msg(ChatMember& member, std::string_view rest, Congestion congestion);
  SLUICE_LOCAL bool join(ChatMember& member, std::string_view name, Congestion congestion);
  SLUICE_LOCAL bool part(ChatMember& member, std::string_view rest, Congestion congestion);
  SLUICE_LOCAL bool list_rooms(ChatMember& member, std::string_view rest, Congestion congestion);
  SLUICE_LOCAL bool who(ChatMember& member, std::string_view name, Congestion congestion);
  SLUICE_LOCAL bool topic(ChatMember& member, std::string_view text, Congestion congestion);
  SLUICE_LOCAL bool help(ChatMember& member, std::string_view rest, Congestion congestion);
  SLUICE_LOCAL bool quit(ChatMember& member, std::string_view reason, Congestion congestion);

  ChatRules rules_;
  std::function<void()> wake_;
  // The keys of both are those of chat_name_key().
  std::unordered_map<std::string, std::unique_ptr<ChatMember>, KeyedStringHash, std::equal_to<>>
      members_;
  std::map<std::string, std::unique_ptr<ChatRoom>, std::less<>> rooms_;
  ChatRoom* lobby_;
  std::vector<ChatRoom*> dirty_;
  std::uint64_t first_guest_ = 1;  // all names guestN with a smaller N are in use
};

}  // namespace sluice

#endif
