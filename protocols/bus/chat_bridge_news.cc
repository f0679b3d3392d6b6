// What other houses say. chat_bridge.cc has what this one says.
#include <algorithm>
#include <array>
#include <utility>

#include "../chat/chat_name.h"
#include "bus_record.h"
#include "chat_bridge.h"
#include "chat_mirror.h"
#include "chat_news_text.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

// The house must not carry what it only follows.
class Following {
 public:
  explicit Following(bool& flag) noexcept : flag_(flag), before_(std::exchange(flag, true)) {}
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
  ~Following() { flag_ = before_; }

 private:
  bool& flag_;
  bool before_;
};

// Nothing unless there are three fields of one line, the first a nick.
std::optional<std::array<std::string_view, 3>> take_person(std::string_view& fields) noexcept {
  std::array<std::string_view, 3> person;
  if (!chat_news::take_lines(fields, person) || !is_chat_nick(person[0])) return std::nullopt;
  return person;
}

}  // namespace

// --- Events ---

void ChatBridge::read_news(const BusMessage& message, std::string_view fields) {
  const auto read = chat_news::read(fields, {message.time, message.place});
  if (!read) return;
  auto reach = read->is_recorded ? ChatNews::Reach::recorded : ChatNews::Reach::members;
  if (message.is_old) {
    if (!read->is_recorded) return;
    reach = ChatNews::Reach::history;
  }
  const ChatEvent& event = read->event;
  const bool is_renamed = event.kind == Kind::renamed;
  if (is_renamed && !is_chat_nick(event.target)) return;
  const bool is_public = !event.room.empty() || !read->rooms.empty();
  if (event.kind == Kind::joined)
    find_or_make_mirror(message.house, event.author, event.origin, {});
  // A rename is announced where the mirror has its new nick.
  if (is_public && !is_renamed) {
    house_.receive({.event = event, .rooms = read->rooms, .skipped = nullptr, .reach = reach});
  }
  if (!message.is_old) follow(message.house, event);
}

// What the event has changed.
void ChatBridge::follow(std::string_view house, const ChatEvent& event) {
  Mirror* const mirror = find_mirror(house, event.author);
  ChatRoom* const room = house_.find_room(event.room);
  switch (event.kind) {
    case Kind::joined:
      if (mirror != nullptr) house_.put_in(mirror->member(), event.room);
      return;
    case Kind::left:
      if (mirror != nullptr && room != nullptr && mirror->member().is_in(*room)) {
        house_.take_out(mirror->member(), *room);
      }
      return;
    case Kind::quit:
      remove_mirror(house, event.author);
      return settle_nicks();
    case Kind::kicked: {
      ChatMember* const target = house_.find_member(event.target);
      if (target == nullptr || room == nullptr || !target->is_in(*room)) return;
      if (room == &house_.lobby()) return;
      house_.flush();  // it still reads why
      house_.remove_kicked(*target, *room);
      return;
    }
    case Kind::renamed: {
      if (mirror == nullptr) return;
      yield_nick(event.target);
      auto& mirrors = houses_.find(house)->second;
      auto node = mirrors.extract(mirrors.find(event.author));
      node.key() = std::string(event.target);
      mirrors.insert(std::move(node));
      return settle_nicks();
    }
    default:
      return;
  }
}

void ChatBridge::read_alone(const BusMessage& message, std::string_view fields) {
  const auto read = chat_news::read(fields, {message.time, message.place});
  if (!read) return;
  const ChatMember* const target = house_.find_member(read->event.target);
  if (target == nullptr || !is_local(*target)) return;
  house_.receive({.event = read->event});
}

void ChatBridge::read_entered(std::string_view house, std::string_view fields) {
  if (const auto person = take_person(fields)) {
    find_or_make_mirror(house, (*person)[0], (*person)[1], (*person)[2]);
  }
}

void ChatBridge::read_mode(std::string_view house, std::string_view fields) {
  constexpr std::size_t kCount = 5;
  std::array<std::string_view, kCount> parts;
  if (!chat_news::take_lines(fields, parts)) return;
  Mirror* const author = find_mirror(house, parts[0]);
  ChatRoom* const room = house_.find_room(parts[1]);
  if (author == nullptr || room == nullptr || parts[3].size() != 1) return;
  house_.change_mode_of_carrier(
      author->member(), *room,
      {.adds = parts[2] == "+", .letter = parts[3].front(), .parameter = std::string(parts[4])});
}

// --- The members of a house ---

void ChatBridge::read_state(std::string_view house, std::string_view fields) {
  std::unordered_set<std::string> seen;
  while (const auto member = take_bus_field(fields)) read_member(house, *member, seen);
  const auto found = houses_.find(house);
  if (found == houses_.end()) return;
  std::vector<std::string> missing;
  for (const auto& [nick, mirror] : found->second) {
    if (!seen.contains(nick)) missing.push_back(nick);
  }
  for (const std::string& nick : missing) drop_mirror(house, nick, {});
  if (!missing.empty()) settle_nicks();
}

void ChatBridge::read_member(std::string_view house, std::string_view fields,
                             std::unordered_set<std::string>& seen) {
  const auto person = take_person(fields);
  if (!person) return;
  const auto [nick, origin, about] = *person;
  seen.emplace(nick);
  const Mirror* const mirror = find_or_make_mirror(house, nick, origin, about);
  if (mirror == nullptr) return;
  std::vector<std::string_view> rooms;
  while (const auto room = take_bus_field(fields)) {
    if (is_chat_name(*room)) rooms.push_back(*room);
  }
  ChatEvent event;
  event.time = house_.now();
  event.author = nick;
  event.origin = origin;
  for (const std::string_view name : rooms) {
    const ChatRoom* const room = house_.find_room(name);
    if (room != nullptr && mirror->member().is_in(*room)) continue;
    event.kind = Kind::joined;
    event.room = name;
    house_.receive({.event = event});
    house_.put_in(mirror->member(), name);
  }
  const std::vector<ChatRoom*> before = mirror->member().rooms();
  for (ChatRoom* room : before) {
    const auto is_it = [room](std::string_view name) {
      return chat_name_key(name) == chat_name_key(room->name());
    };
    if (std::ranges::any_of(rooms, is_it)) continue;
    event.kind = Kind::left;
    event.room = room->name();
    house_.receive({.event = event});
    house_.take_out(mirror->member(), *room);
  }
}

ChatBridge::Mirror* ChatBridge::find_mirror(std::string_view house, std::string_view nick) {
  const auto found = houses_.find(house);
  if (found == houses_.end()) return nullptr;
  const auto mirror = found->second.find(nick);
  return mirror == found->second.end() ? nullptr : mirror->second.get();
}

// Null if this house is full.
ChatBridge::Mirror* ChatBridge::find_or_make_mirror(std::string_view house, std::string_view nick,
                                                    std::string_view origin,
                                                    std::string_view about) {
  yield_nick(nick);
  if (Mirror* const known = find_mirror(house, nick)) return known;
  auto mirror = std::make_unique<Mirror>(bus_);
  const Following following(applying_);
  if (!mirror->enter(house_, nick, origin, about)) return nullptr;
  mirrored_.insert(&mirror->member());
  auto& mirrors = houses_.try_emplace(std::string(house)).first->second;
  return mirrors.emplace(nick, std::move(mirror)).first->second.get();
}

// Another house claims `nick`. If the claim of this house came later, its member is renamed.
void ChatBridge::yield_nick(std::string_view nick) {
  ChatMember* const holder = house_.find_member(nick);
  if (holder == nullptr || !is_local(*holder) || !is_claimed_only(nick)) return;
  const std::string other = house_.free_nick({});
  house_.change_nick(*holder, other);
  house_.notify(*holder, std::string(nick) + " is a member on another machine: you are " + other);
}

void ChatBridge::remove_mirror(std::string_view house, std::string_view nick) {
  const auto found = houses_.find(house);
  if (found == houses_.end()) return;
  const auto mirror = found->second.find(nick);
  if (mirror == found->second.end()) return;
  mirrored_.erase(&mirror->second->member());
  {
    const Following following(applying_);
    mirror->second->leave(house_);
  }
  found->second.erase(mirror);
}

// The same, and the others read it.
void ChatBridge::drop_mirror(std::string_view house, std::string_view nick,
                             std::string_view reason) {
  const Mirror* const mirror = find_mirror(house, nick);
  if (mirror == nullptr) return;
  std::vector<std::string_view> rooms;
  for (const ChatRoom* room : mirror->member().rooms()) rooms.emplace_back(room->name());
  ChatEvent event;
  event.kind = Kind::quit;
  event.time = house_.now();
  event.author = nick;
  event.origin = mirror->member().origin();
  event.text = reason;
  if (!rooms.empty()) house_.receive({.event = event, .rooms = rooms});
  remove_mirror(house, nick);
}

// A mirror whose nick was held here gets it when it is free.
void ChatBridge::settle_nicks() {
  const Following following(applying_);
  for (auto& [name, mirrors] : houses_) {
    for (auto& [nick, mirror] : mirrors) {
      const bool is_right = mirror->member().nick() == nick;
      const ChatMember* const holder = house_.find_member(nick);
      if (is_right || (holder != nullptr && holder != &mirror->member())) continue;
      house_.change_nick(mirror->member(), nick);
    }
  }
}

}  // namespace sluice
