#include "chat_house.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "chat_name.h"
#include "chat_room.h"
#include "chat_text.h"

namespace sluice {
namespace {

constexpr std::string_view kGuest = "guest";

std::string guest_nick(std::uint64_t number) {
  std::string nick(kGuest);
  nick += std::to_string(number);
  return nick;
}

// The N of a key guestN in the form that guest_nick() makes; 0 for any other key.
std::uint64_t guest_number(std::string_view key) noexcept {
  if (!key.starts_with(kGuest)) return 0;
  key.remove_prefix(kGuest.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  const bool canonical = error == std::errc() && end == key.data() + key.size() && key[0] != '0';
  return canonical ? number : 0;
}

}  // namespace

// --- Members ---

ChatHouse::ChatHouse(ChatRules rules, std::function<void()> wake)
    : rules_(std::move(rules)), wake_(std::move(wake)) {
  assert(is_chat_name(rules_.lobby));
  lobby_ = &find_or_make_room(rules_.lobby);
}

ChatHouse::~ChatHouse() = default;

void ChatHouse::set_rules(ChatRules rules) {
  rules.lobby = rules_.lobby;
  rules_ = std::move(rules);
}

ChatMember* ChatHouse::enter(ChatOutlet& outlet, std::string_view nick) {
  if (members_.size() >= rules_.max_members) {
    outlet.deliver(Payload::copy("* the chat is full: at most " +
                                 std::to_string(rules_.max_members) +
                                 " members; try again later\n"));
    outlet.on_dismissed();
    return nullptr;
  }
  const std::string name = free_nick(nick);
  const Payload text = Payload::copy(welcome(*lobby_, name));
  const auto place = members_.emplace(chat_name_key(name), nullptr).first;
  try {
    place->second = std::make_unique<ChatMember>(outlet, name);
    place->second->key_ = &place->first;
    lobby_->announce({name, " joined"});
    mark_dirty(*lobby_);
    lobby_->add(*place->second);
  } catch (...) {
    members_.erase(place);
    throw;
  }
  outlet.deliver(text);
  return place->second.get();
}

void ChatHouse::leave(ChatMember& member, std::string_view reason) {
  ChatRoom& room = *member.room_;
  // Removed before anything can throw.
  const auto owned = members_.extract(members_.find(*member.key_));
  assert(owned && owned.mapped().get() == &member);
  release_nick(owned.key());
  room.remove(member);
  if (room.members().empty()) return remove_if_empty(room);
  if (reason.empty()) {
    room.announce({member.nick(), " left"});
  } else {
    room.announce({member.nick(), " left (", reason, ")"});
  }
  mark_dirty(room);
}

void ChatHouse::move(ChatMember& member, ChatRoom& to) {
  ChatRoom& from = *member.room_;
  if (from.has_lines_for(member)) from.flush();
  // All that may throw comes before the move, so that the member is in exactly one room.
  const Payload text = Payload::copy(welcome(to, member.nick()));
  to.announce({member.nick(), " joined"});
  mark_dirty(to);
  to.add(member);
  from.remove(member);
  member.outlet_.deliver(text);
  if (from.members().empty()) return remove_if_empty(from);
  from.announce({member.nick(), " left (went to ", to.name(), ")"});
  mark_dirty(from);
}

std::string ChatHouse::free_nick(std::string_view wanted) {
  if (is_chat_name(wanted) && find(wanted) == nullptr) return std::string(wanted);
  for (;; ++first_guest_) {
    std::string nick = guest_nick(first_guest_);
    if (!members_.contains(nick)) return nick;
  }
}

bool ChatHouse::is_reserved(std::string_view key) const {
  const auto is_key = [key](const std::string& name) { return chat_name_key(name) == key; };
  if (is_key(rules_.lobby) || std::ranges::any_of(rules_.reserved, is_key)) return true;
  if (!key.starts_with(kGuest) || key.size() == kGuest.size()) return false;
  return key.find_first_not_of("0123456789", kGuest.size()) == key.npos;
}

void ChatHouse::release_nick(std::string_view key) noexcept {
  if (const std::uint64_t number = guest_number(key); number != 0) {
    first_guest_ = std::min(first_guest_, number);
  }
}

std::string ChatHouse::welcome(ChatRoom& room, std::string_view nick) const {
  std::string text;
  if (&room == lobby_ && !rules_.greeting.empty()) {
    text = rules_.greeting;
    if (text.back() != '\n') text += '\n';
  }
  text += "* you are ";
  text += nick;
  text += ", in the room " + room.name() + "\n";
  if (!room.topic.empty()) text += "* topic: " + room.topic + "\n";
  room.append_history(text);
  const auto& members = room.members();
  text += members.empty() ? "* nobody else is here" : "* here:";
  const std::size_t shown = std::min(members.size(), kMaxWelcomeNames);
  for (std::size_t i = 0; i < shown; ++i) {
    text += i == 0 ? " " : ", ";
    text += members[i]->nick();
  }
  if (members.size() > shown) {
    text += " and " + std::to_string(members.size() - shown) + " more; /who lists all";
  }
  text += '\n';
  return text;
}

// --- Rooms ---

ChatRoom& ChatHouse::find_or_make_room(std::string_view name) {
  std::string key = chat_name_key(name);
  const auto found = rooms_.find(key);
  if (found != rooms_.end()) return *found->second;
  auto made = std::make_unique<ChatRoom>(name, rules_.history, rules_.block);
  return *rooms_.emplace(std::move(key), std::move(made)).first->second;
}

void ChatHouse::remove_if_empty(ChatRoom& room) noexcept {
  if (!room.members().empty()) return;
  // Lines that are still collected have no receiver. Those that members said are in the history.
  if (&room == lobby_) return;
  std::erase(dirty_, &room);
  const auto same = [&room](const auto& entry) { return entry.second.get() == &room; };
  rooms_.erase(std::ranges::find_if(rooms_, same));
}

const std::string& ChatHouse::room_of(const ChatMember& member) const noexcept {
  return member.room_->name();
}

ChatMember* ChatHouse::find(std::string_view nick) {
  const auto found = members_.find(chat_name_key(nick));
  return found == members_.end() ? nullptr : found->second.get();
}

// --- Delivery ---

bool ChatHouse::submit(ChatMember& member, std::string_view line, Congestion congestion) {
  if (line.empty()) return true;
  ChatRoom& room = *member.room_;
  if (room.members_behind != 0 && congestion == Congestion::wait) return false;
  if (line.front() == '/') {
    if (!line.starts_with("//")) return run_command(member, line.substr(1), congestion);
    line.remove_prefix(1);
  }
  room.say(member, line);
  mark_dirty(room);
  return true;
}

void ChatHouse::mark_dirty(ChatRoom& room) {
  if (!room.dirty) {
    dirty_.push_back(&room);
    room.dirty = true;
  }
  if (wake_) wake_();
}

void ChatHouse::flush() {
  while (!dirty_.empty()) {
    // The room stays on the list if its flush() throws.
    dirty_.back()->flush();
    dirty_.back()->dirty = false;
    dirty_.pop_back();
  }
}

void ChatHouse::notify(ChatMember& member, std::string_view text) {
  std::string line(kNoticePrefix);
  line += text;
  line += '\n';
  deliver(member, line);
}

void ChatHouse::deliver(ChatMember& member, std::string_view text) {
  if (member.room_->has_lines_for(member)) member.room_->flush();
  member.outlet_.deliver(Payload::copy(text));
}

void ChatHouse::set_behind(ChatMember& member, bool behind) noexcept {
  if (member.behind_ == behind) return;
  member.behind_ = behind;
  behind ? ++member.room_->members_behind : --member.room_->members_behind;
}

bool ChatHouse::is_congested(const ChatMember& member) const noexcept {
  return member.room_->members_behind != 0;
}

}  // namespace sluice
