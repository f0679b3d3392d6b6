// Makes the houses of a chat in several processes one house, over a Bus.
//
//   sluice::ChatBridge bridge(loop, chat.house(), bus);
//
// What it is: what members of this house say and do goes to the bus, and is read here when it comes
// back. So all members of a room, in whatever process, read its lines in one order. Members of
// another house are members of this one too (mirrors), which read nothing: what is said to one of
// them alone goes to its house.
// Order: lines, and that members join, leave, are renamed or set a topic, are in the order of the
// bus. Kicks, modes and absences are read at once where they happen.
// Without the bus: what waits for it is read at once, in its order, and so is what follows. Members
// get a notice when it is away and when it is back. Lines that the bus has lost above its bound are
// read by the members of this house all the same; those of the others get a notice that says how
// many they miss.
// Drain: while members of this house drain, what has not come back and what they say is read at
// once, because it may come back too late. The other houses read it from the bus.
// Limit: above kMaxHeld, the oldest of what waits for the bus is read without it.
// Names: each nick belongs to the first house whose claim is in the stream. A house that reads the
// claim of another one for a nick while its own has not come back gives its member another nick.
// Each house claims all its nicks again when the bus is back.
// Trust: what another house says was allowed there; only its form is checked.
// Lifetime: the house, the bus and the loop outlive it. Thread: the loop's.
// Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_BUS_CHAT_BRIDGE_H
#define SLUICE_PROTOCOLS_BUS_CHAT_BRIDGE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../chat/chat_carrier.h"
#include "../chat/chat_house.h"
#include "bus.h"

namespace sluice {

class ChatBridge final : private ChatCarrier, private BusListener {
 public:
  // Bytes that have not come back, each event with kOverhead: about what a RedisBus keeps.
  static constexpr std::size_t kMaxHeld = std::size_t{8} * 1024 * 1024;
  static constexpr std::size_t kOverhead = 64;

  ChatBridge(Loop& loop, ChatHouse& house, Bus& bus);
  ChatBridge(const ChatBridge&) = delete;
  ChatBridge& operator=(const ChatBridge&) = delete;
  ~ChatBridge();

 private:
  class Mirror;
  using Mirrors = std::map<std::string, std::unique_ptr<Mirror>, std::less<>>;  // by nick
  // What this house has published, and nobody here has read yet.
  struct Held {
    std::uint64_t number;
    std::string body;
    const ChatMember* skipped;
  };
  struct Claim {
    std::uint64_t number;
    std::string key;  // of the nick
  };

  // ChatCarrier
  void entered(const ChatMember& member) override;
  bool carry(const ChatNews& news) override;
  void mode_changed(const ChatMember& author, const ChatRoom& room,
                    const ChatModeChange& change) override;
  void gone(const ChatMember& member) noexcept override;
  void set_draining(bool draining) override;
  // BusListener
  void on_message(const BusMessage& message) override;
  void on_gap(std::string_view house, std::uint64_t lost) override;
  void on_reachable(bool reachable) override;
  void on_house_gone(std::string_view house) override;

  // chat_bridge.cc
  void read_own(const BusMessage& message);
  void read_held(ChatTime time, std::uint64_t place = 0);  // the first one
  void read_all_held();
  void claim(std::uint64_t number, std::string_view nick);
  [[nodiscard]] bool is_claimed_only(std::string_view nick) const;
  void notify_all(std::string_view text);
  void end_turn();
  void publish_state();
  [[nodiscard]] bool is_local(const ChatMember& member) const noexcept {
    return !mirrored_.contains(&member);
  }
  // chat_bridge_news.cc
  void read_news(const BusMessage& message, std::string_view fields);
  void read_alone(const BusMessage& message, std::string_view fields);
  void read_entered(std::string_view house, std::string_view fields);
  void read_mode(std::string_view house, std::string_view fields);
  void read_state(std::string_view house, std::string_view fields);
  void read_member(std::string_view house, std::string_view fields,
                   std::unordered_set<std::string>& seen);
  void follow(std::string_view house, const ChatEvent& event);
  Mirror* find_mirror(std::string_view house, std::string_view nick);
  Mirror* find_or_make_mirror(std::string_view house, std::string_view nick,
                              std::string_view origin, std::string_view about);
  void yield_nick(std::string_view nick);
  // These two may free nicks: settle_nicks() is for the caller.
  void remove_mirror(std::string_view house, std::string_view nick);
  void drop_mirror(std::string_view house, std::string_view nick, std::string_view reason);
  void settle_nicks();

  ChatHouse& house_;
  Bus& bus_;
  EndOfTurn end_of_turn_;
  std::map<std::string, Mirrors, std::less<>> houses_;
  std::unordered_set<const ChatMember*> mirrored_;  // the members of all mirrors
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  std::deque<Claim> claims_;
  std::uint64_t claims_all_until_ = 0;  // every nick of this house is claimed by this message
  std::uint64_t read_back_ = 0;
  std::vector<std::string> newcomers_;  // they have not read that the bus is away
  bool applying_ = false;               // a change of another house, which is not carried
  bool draining_ = false;
  bool away_ = false;  // and the members have read it
  bool owes_state_ = false;
  bool asks_ = false;  // for the state of the others
};

}  // namespace sluice

#endif
