// The rules of a chat: who is there, what they are called, who hears what.
//
//   member types              the others in the room read
//   hello                     <ann> hello
//   /me waves                 * ann waves
//   //not a command           <ann> /not a command
//
// What it is: members, rooms and their last lines, without a socket or a clock: lines come in
// through hear(), and go out through each member's ChatOutlet. A member is in one room at a time;
// newcomers begin in the lobby, as guestN. /help, and sluice_chat(3), list the commands.
// Delivery: what is said is collected and delivered by flush(), all that one member said in a row
// as one shared block; `wake` is called when there is something to flush. Members of a room hear
// all in one order.
// Congestion: who delivers says with set_behind() that a member cannot keep up. While one is
// behind, hear() refuses what would be delivered to it; the line is to be offered again later.
// Limits: ChatRules; a topic kTopic bytes, a room's history 64 KiB, a block and a line.
// Lifetime: owns members and rooms; outlets must outlive their members. Thread: one.
// Errors: std::bad_alloc; members and rooms are as they were then, or as they were to be.
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
#include "chat_member.h"

namespace sluice {

struct ChatRules {
  std::string lobby = "lobby";  // the room of newcomers. REQUIRES: is_chat_name(lobby)
  std::string greeting = "Welcome. Type to talk; /help lists the commands.";  // empty: none
  std::size_t history = 20;        // lines of a room that a newcomer is shown
  std::size_t max_members = 4096;  // in all; a newcomer above it is told so and dismissed
  std::size_t max_rooms = 256;     // with the lobby
  // In one room, but for the lobby, which takes whom the house takes.
  std::size_t max_in_room = static_cast<std::size_t>(-1);
  std::size_t block = 128 * 1024;  // bytes that are collected before they are delivered
};

class SLUICE_EXPORT ChatHouse {
 public:
  static constexpr std::size_t kTopic = 400;        // bytes of a topic
  static constexpr std::size_t kNamesAtFirst = 50;  // that a newcomer is shown
  static constexpr std::size_t kNames = 4096;       // that /who shows
  // What hear() does while somebody who would hear the line is behind.
  enum class Congestion : std::uint8_t { wait, ignore };

  explicit ChatHouse(ChatRules rules = {}, std::function<void()> wake = {});
  ChatHouse(const ChatHouse&) = delete;
  ChatHouse& operator=(const ChatHouse&) = delete;
  ~ChatHouse();  // says nothing to anybody

  // A newcomer, called `nick` if that is a name and free, else guestN with the smallest N that is
  // free. Null when the house is full: the outlet has been told so and dismissed.
  ChatMember* enter(ChatOutlet& outlet, std::string_view nick = {});
  // A line that `member` typed, without its end; an empty one is ignored. False: somebody who would
  // hear it is behind, and nothing has happened. `member` may be gone after it, when it has typed
  // /quit: dismissed() says so.
  [[nodiscard]] bool hear(ChatMember& member, std::string_view line,
                          Congestion congestion = Congestion::wait);
  // Tells `member` alone, as a line that begins with "* ".
  void tell(ChatMember& member, std::string_view text);
  // `member` goes, whatever is thrown; the others in the room are told, with the reason if it is
  // not empty.
  void leave(ChatMember& member, std::string_view reason);
  // Delivers all that is collected.
  void flush();

  void set_behind(ChatMember& member, bool behind) noexcept;
  // Somebody in the room of `member` is behind.
  [[nodiscard]] bool held_up(const ChatMember& member) const noexcept;

  [[nodiscard]] std::size_t members() const noexcept { return members_.size(); }
  [[nodiscard]] std::size_t rooms() const noexcept { return rooms_.size(); }
  [[nodiscard]] const std::string& room_of(const ChatMember& member) const noexcept;

 private:
  struct Command;
  static std::span<const Command> commands() noexcept;

  // chat_house.cc
  [[nodiscard]] std::string free_nick(std::string_view wanted);
  void gave_up(std::string_view key) noexcept;  // a nick is free again
  ChatRoom& room(std::string_view name);        // made when there is none
  void touched(ChatRoom& room);
  void remove_if_empty(ChatRoom& room) noexcept;
  void deliver(ChatMember& member, std::string_view text);
  void move(ChatMember& member, ChatRoom& to);
  [[nodiscard]] std::string welcome(ChatRoom& room, std::string_view nick) const;
  [[nodiscard]] ChatMember* find(std::string_view nick);

  // chat_commands.cc: false as hear() is
  bool command(ChatMember& member, std::string_view line, Congestion congestion);
  bool nick(ChatMember& member, std::string_view wanted, Congestion congestion);
  bool me(ChatMember& member, std::string_view text, Congestion congestion);
  bool msg(ChatMember& member, std::string_view rest, Congestion congestion);
  bool join(ChatMember& member, std::string_view name, Congestion congestion);
  bool part(ChatMember& member, std::string_view rest, Congestion congestion);
  bool list_rooms(ChatMember& member, std::string_view rest, Congestion congestion);
  bool who(ChatMember& member, std::string_view name, Congestion congestion);
  bool topic(ChatMember& member, std::string_view text, Congestion congestion);
  bool help(ChatMember& member, std::string_view rest, Congestion congestion);
  bool quit(ChatMember& member, std::string_view reason, Congestion congestion);

  ChatRules rules_;
  std::function<void()> wake_;
  // Both by chat_name_key().
  std::unordered_map<std::string, std::unique_ptr<ChatMember>> members_;
  std::map<std::string, std::unique_ptr<ChatRoom>, std::less<>> rooms_;
  ChatRoom* lobby_;
  std::vector<ChatRoom*> dirty_;
  std::uint64_t first_guest_ = 1;  // every guestN below it is taken
};

}  // namespace sluice

#endif
