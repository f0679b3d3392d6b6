// The rules of a chat: its members, their names, its rooms, and which member receives which event.
//
// What it is: members, rooms and their last lines, without sockets or wire formats. A front such as
// ChatLines turns what a peer sends into the calls below, and the results into answers. Each
// member's ChatOutlet receives the events of its rooms, in the member's ChatFormat.
// Delivery: the house collects events until flush(), and calls `wake` when there is something to
// flush. Consecutive lines of one member are delivered as one shared block. All members of a room
// receive its events in the same order.
// Congestion: the outlet calls set_behind() when its member does not keep up. While a member is
// behind, say(), tell(), join() and invite() return ChatResult::behind without any effect, and the
// caller calls them again later. A caller for a person at a terminal passes Congestion::ignore.
// Operators: the member that opens a room other than the lobby is its operator. An operator of the
// house enters each room, whatever its modes are, and may do in each what the room's operators may.
// Names: set_nick() rejects reserved names: ChatRules::reserved, the name of the lobby, and guest
// with a number, which the house gives. enter() accepts them.
// Limits: those of ChatRules, and the constants below.
// Lifetime: owns members and rooms. REQUIRES that outlets and formats outlive their members.
// Thread: any, one at a time.
// Errors: std::bad_alloc; the call then had its full effect on members and rooms, or none.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_HOUSE_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_HOUSE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/base/keyed_hash.h"
#include "chat_event.h"
#include "chat_member.h"
#include "chat_result.h"
#include "chat_room.h"

namespace sluice {

class ChatCarrier;
class ChatRecord;
class ChatRecorder;
struct ChatNews;

struct ChatRules {
  std::string lobby = "lobby";  // the first room. REQUIRES: is_chat_name(lobby)
  std::string greeting = "Welcome. Type to talk; /help lists the commands.";  // empty: none
  std::size_t history = 20;        // lines of a room that a new member receives
  std::size_t max_members = 4096;  // above it, a newcomer gets a notice and is dismissed
  std::size_t max_rooms = 256;     // including the lobby
  // In a room other than the lobby, which max_members limits.
  std::size_t max_in_room = static_cast<std::size_t>(-1);
  std::size_t max_joined = 50;  // rooms that a member is in
  std::size_t max_bans = 100;   // of a room, and of its mutes, and names that are invited to it
  // Names that no member can give itself; enter() can.
  std::vector<std::string> reserved = {"operator", "server", "system"};
  // Whether the name and the password are those of an operator of the house. It may take long: the
  // house asks at most once in ChatHouse::kPasswordInterval. Null: there are no passwords.
  std::function<bool(std::string_view name, std::string_view password)> check_password = {};
  std::size_t block = 128 * 1024;  // a room that has collected so many bytes delivers them at once
};

class SLUICE_EXPORT ChatHouse {
 public:
  static constexpr std::size_t kMaxTopic = 400;   // bytes of a topic
  static constexpr std::size_t kMaxReason = 400;  // bytes of a reason, and of an away message
  static constexpr std::size_t kMaxKey = 32;      // bytes of the key of a room
  static constexpr std::size_t kMaxMask = 90;     // bytes of a ban
  static constexpr std::size_t kMaxPast = 256;    // names that past() remembers
  static constexpr std::chrono::seconds kPasswordInterval{1};
  // So many from one host, and the others of the house keep their turns.
  static constexpr std::size_t kMaxWrongPasswords = 3;
  static constexpr std::chrono::seconds kWrongPasswordMemory{30};
  enum class Congestion : std::uint8_t { wait, ignore };
  using Rooms = std::map<std::string, std::unique_ptr<ChatRoom>, std::less<>>;
  // The keys are those of chat_name_key().
  using Members = std::unordered_map<std::string, std::unique_ptr<ChatMember>, KeyedStringHash,
                                     std::equal_to<>>;

  // `clock` says what time it is, for the events; null: the system's clock.
  explicit ChatHouse(ChatRules rules = {}, std::function<void()> wake = {},
                     std::function<ChatTime()> clock = {});
  ChatHouse(const ChatHouse&) = delete;
  ChatHouse& operator=(const ChatHouse&) = delete;
  ~ChatHouse();  // delivers nothing to the members

  // Adds a member. Returns null if the house is full.
  ChatMember* enter(const ChatNewcomer& newcomer);
  // Removes `member`, even if it throws. The others in its rooms read the reason, if there is one.
  void leave(ChatMember& member, std::string_view reason);
  // The same. Before that the outlet receives what was collected for it, and at the end
  // on_dismissed().
  void dismiss(ChatMember& member, std::string_view reason);
  // `wanted` if it is valid and free, also if it is reserved; else guestN.
  [[nodiscard]] std::string free_nick(std::string_view wanted);
  // Whether a newcomer, or `member`, may call itself `nick`.
  [[nodiscard]] ChatResult check_nick(std::string_view nick, const ChatMember* member) const;
  ChatResult set_nick(ChatMember& member, std::string_view nick);
  void set_away(ChatMember& member, std::string_view why);            // empty: it is back
  void set_operator(ChatMember& member, bool is_operator) noexcept {  // of the house
    member.is_operator_ = is_operator;
  }
  // Whether the member is in the room, and its operator or one of the house.
  [[nodiscard]] static bool operates(const ChatRoom& room, const ChatMember& member);
  void set_format(ChatMember& member, const ChatFormat& format, bool reads_itself);

  // Makes the member an operator of the house if ChatRules::check_password says so. not_allowed:
  // there are no passwords. too_often: the host of its origin has given kMaxWrongPasswords within
  // kWrongPasswordMemory.
  ChatResult log_in(ChatMember& member, std::string_view name, std::string_view password);

  // `kind` is said, acted, noticed or tagged.
  ChatResult say(ChatMember& from, ChatRoom& room, ChatEvent::Kind kind, std::string_view text,
                 Congestion congestion = Congestion::wait, std::string_view tags = {});
  ChatResult tell(ChatMember& from, ChatMember& to, ChatEvent::Kind kind, std::string_view text,
                  Congestion congestion = Congestion::wait, std::string_view tags = {});
  // Opens the room if there is none. `name` may be that of a room that the member is in.
  ChatResult join(ChatMember& member, std::string_view name, std::string_view key = {},
                  Congestion congestion = Congestion::wait);
  ChatResult check_join(const ChatMember& member, std::string_view name, std::string_view key = {},
                        Congestion congestion = Congestion::wait) const;
  // A member with one room returns to the lobby.
  ChatResult part(ChatMember& member, ChatRoom& room, std::string_view reason);
  ChatResult set_topic(ChatMember& member, ChatRoom& room, std::string_view text);
  // A member with one room is then in the lobby, or dismissed if it was there.
  ChatResult kick(ChatMember& member, ChatRoom& room, ChatMember& target, std::string_view reason);
  ChatResult invite(ChatMember& member, ChatRoom& room, ChatMember& target,
                    Congestion congestion = Congestion::wait);
  ChatResult change_mode(ChatMember& member, ChatRoom& room, const ChatModeChange& change);
  // The same without the event. Sets `parameter` to the one for the event; announce_modes() makes
  // one event of several changes.
  ChatResult apply_mode(ChatMember& member, ChatRoom& room, const ChatModeChange& change,
                        std::string& parameter);
  void announce_modes(ChatMember& member, ChatRoom& room, std::string_view text);

  // Sends `text`, in the member's format, to it alone, after what was collected for it.
  void deliver(ChatMember& member, std::string_view text);
  // The same with an event of the house.
  void notify(ChatMember& member, std::string_view text);
  // Delivers all collected events.
  void flush();
  // Applies at once. The lobby keeps its name, and each room the history and the block that it has.
  void set_rules(ChatRules rules);
  [[nodiscard]] const ChatRules& rules() const noexcept { return rules_; }

  void set_behind(ChatMember& member, bool behind) noexcept;
  // Whether a member in a room of `member` is behind.
  [[nodiscard]] bool is_congested(const ChatMember& member) const noexcept;

  // For a recorder, which is part of sluice. Members of rooms that it begins or ceases to keep get
  // a notice, unless there is no memory for it. Null: nothing is kept.
  void set_recorder(ChatRecorder* recorder) noexcept;
  // The record of each room gets a notice, which members do not read.
  void record_in_all(std::string_view notice);
  // For the fronts: the notice of a member that has entered the room, if the room is recorded.
  // Without memory for it there is none.
  void tell_if_recorded(ChatMember& member, const ChatRoom& room) noexcept;

  // For a carrier, which is part of sluice. Null: there is none, and each event is read at once.
  void set_carrier(ChatCarrier* carrier) noexcept { carrier_ = carrier; }
  // Members begin to drain, or none does any more: so long each event is read at once.
  void set_draining(bool draining);
  // What the carrier gives back, or brings from another house. A room or target that is not here
  // reads nothing; the recorder gets the event of such a room too. Sets the topic of the room, and
  // invites the target.
  void receive(const ChatNews& news);
  // The carrier has seen a change of a member of another house: without an event, and without the
  // checks that the other house has made. put_in() does nothing above ChatRules::max_rooms.
  void put_in(ChatMember& member, std::string_view room_name);
  void take_out(ChatMember& member, ChatRoom& room) noexcept;
  void change_mode_of_carrier(ChatMember& author, ChatRoom& room, const ChatModeChange& change);
  // Where the kicked member is now, in its own house. REQUIRES: it is in the room.
  void remove_kicked(ChatMember& target, ChatRoom& room);
  // set_nick() without its checks. REQUIRES: a valid nick that is free.
  void change_nick(ChatMember& member, std::string_view nick);

  [[nodiscard]] std::size_t members() const noexcept { return members_.size(); }
  [[nodiscard]] std::size_t rooms() const noexcept { return rooms_.size(); }
  [[nodiscard]] const Members& all_members() const noexcept { return members_; }
  [[nodiscard]] const Rooms& all_rooms() const noexcept { return rooms_; }
  // The names that members had before, the oldest first.
  [[nodiscard]] const std::deque<ChatPast>& past() const noexcept { return past_; }
  [[nodiscard]] ChatMember* find_member(std::string_view nick) const;
  [[nodiscard]] ChatRoom* find_room(std::string_view name) const;
  [[nodiscard]] ChatRoom& lobby() noexcept { return *lobby_; }
  [[nodiscard]] ChatTime now();

 private:
  [[nodiscard]] SLUICE_LOCAL bool is_reserved(std::string_view key) const;
  SLUICE_LOCAL void remember(const ChatMember& member) noexcept;
  SLUICE_LOCAL void release_nick(std::string_view key) noexcept;
  SLUICE_LOCAL ChatRoom& find_or_make_room(std::string_view name);
  SLUICE_LOCAL void mark_dirty(ChatRoom& room);
  SLUICE_LOCAL void record(ChatRecord* record, const ChatEvent& event);
  SLUICE_LOCAL void tell_of_record(ChatMember& member, const ChatRoom& room,
                                   std::string_view what) noexcept;
  SLUICE_LOCAL void flush_rooms();
  SLUICE_LOCAL void remove_if_empty(ChatRoom& room) noexcept;
  [[nodiscard]] SLUICE_LOCAL ChatEvent event(ChatEvent::Kind kind, const ChatMember& author,
                                             std::string_view text = {});
  SLUICE_LOCAL void announce(ChatRoom& room, ChatEvent event, const ChatMember* skipped = nullptr,
                             ChatRoom::InHistory in_history = ChatRoom::InHistory::no);
  SLUICE_LOCAL void announce_everywhere(ChatMember& author, const ChatEvent& event);
  SLUICE_LOCAL void deliver_everywhere(std::span<ChatRoom* const> rooms, const ChatMember* skipped,
                                       const ChatEvent& event);
  SLUICE_LOCAL void receive_in(ChatRoom& room, const ChatNews& news, ChatEvent event);
  SLUICE_LOCAL void receive_alone(const ChatEvent& event);
  SLUICE_LOCAL void announce_left(ChatMember& member, ChatRoom& room, const ChatEvent& left);
  SLUICE_LOCAL void deliver_event(ChatMember& member, const ChatEvent& event);
  SLUICE_LOCAL void move(ChatMember& member, ChatRoom& to);
  SLUICE_LOCAL void remove_from(ChatMember& member, ChatRoom& room) noexcept;
  SLUICE_LOCAL ChatResult apply(ChatRoom& room, const ChatMember& author,
                                const ChatModeChange& change, std::string& parameter);
  // Of ChatRoomModes::bans or mutes.
  SLUICE_LOCAL ChatResult change_bans(std::vector<ChatBan>& bans, const ChatMember& author,
                                      const ChatModeChange& change);
  [[nodiscard]] SLUICE_LOCAL static bool is_banned(const ChatRoom& room, const ChatMember& member);
  [[nodiscard]] SLUICE_LOCAL static bool may_speak(const ChatRoom& room, const ChatMember& member);

  ChatRules rules_;
  std::function<void()> wake_;
  std::function<ChatTime()> clock_;
  std::optional<ChatTime> last_password_;
  struct WrongPassword {
    std::string host;
    ChatTime time;
  };
  // At most kWrongPasswordMemory / kPasswordInterval.
  std::vector<WrongPassword> wrong_passwords_;
  std::optional<ChatTime> now_;  // read once between two calls of flush()
  Members members_;
  Rooms rooms_;
  ChatRoom* lobby_;
  ChatCarrier* carrier_ = nullptr;
  ChatRecorder* recorder_ = nullptr;
  std::vector<ChatRoom*> dirty_;
  std::deque<ChatPast> past_;
  std::uint64_t next_event_ = 1;
  std::uint64_t round_ = 0;        // of announce_everywhere()
  std::uint64_t first_guest_ = 1;  // all names guestN with a smaller N are in use
};

}  // namespace sluice

#endif
