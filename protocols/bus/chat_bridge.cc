// What goes from a house to the bus, and comes back. chat_bridge_news.cc has what the others say.
#include "chat_bridge.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "../chat/chat_name.h"
#include "bus_record.h"
#include "chat_mirror.h"
#include "chat_news_text.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

constexpr std::uint64_t kAlways = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kAway =
    "the other machines cannot be reached: what you say reaches them when they are back";
constexpr std::string_view kBack = "the other machines can be reached again";

// Those that are read at once where they happen: what follows them depends on it.
bool is_immediate(Kind kind) noexcept {
  return kind == Kind::kicked || kind == Kind::mode || kind == Kind::away;
}

}  // namespace

ChatBridge::ChatBridge(Loop& loop, ChatHouse& house, Bus& bus)
    : house_(house), bus_(bus), end_of_turn_(loop, [this] { end_turn(); }) {
  house_.set_carrier(this);
  bus_.set_listener(this);
}

ChatBridge::~ChatBridge() {
  bus_.set_listener(nullptr);
  house_.set_carrier(nullptr);
  for (auto& [name, mirrors] : houses_) {
    for (auto& [nick, mirror] : mirrors) mirror->leave(house_);
  }
}

// --- From the house to the bus ---

void ChatBridge::entered(const ChatMember& member) {
  if (applying_) return;
  std::string body;
  append_bus_fields(body, {chat_news::kEntered, member.nick(), member.origin(), member.about()});
  claim(bus_.publish(body), member.nick());
  if (!away_) return;
  newcomers_.emplace_back(member.nick());
  end_of_turn_.request();
}

bool ChatBridge::carry(const ChatNews& news) {
  if (applying_) return false;
  std::string body = chat_news::write(chat_news::kNews, news);
  const std::uint64_t number = bus_.publish(body);
  if (news.event.kind == Kind::renamed) claim(number, news.event.target);
  if (is_immediate(news.event.kind) || draining_ || !bus_.is_reachable()) return false;
  const ChatMember* skipped = news.skipped;
  // It is in the room by the time that this is read.
  if (news.event.kind == Kind::joined) skipped = house_.find_member(news.event.author);
  held_.push_back({number, std::move(body), skipped});
  held_bytes_ += held_.back().body.size() + kOverhead;
  if (held_bytes_ > kMaxHeld) end_of_turn_.request();  // the house must not be called here
  return true;
}

void ChatBridge::mode_changed(const ChatMember& author, const ChatRoom& room,
                              const ChatModeChange& change) {
  if (applying_) return;
  std::string body;
  append_bus_fields(body, {chat_news::kMode, author.nick(), room.name(), change.adds ? "+" : "-",
                           std::string_view(&change.letter, 1), change.parameter});
  bus_.publish(body);
}

void ChatBridge::gone(const ChatMember& member) noexcept {
  for (Held& held : held_) {
    if (held.skipped == &member) held.skipped = nullptr;
  }
}

void ChatBridge::set_draining(bool draining) {
  draining_ = draining;
  if (draining) read_all_held();
}

// --- Claims ---

// While the bus is away, publish_state() claims them all when it is back.
void ChatBridge::claim(std::uint64_t number, std::string_view nick) {
  if (claims_all_until_ == kAlways) return;
  claims_.push_back({number, chat_name_key(nick)});
}

// The claim of this house has not come back yet.
bool ChatBridge::is_claimed_only(std::string_view nick) const {
  if (claims_all_until_ > read_back_) return true;
  return std::ranges::find(claims_, chat_name_key(nick), &Claim::key) != claims_.end();
}

// --- From the bus ---

void ChatBridge::on_message(const BusMessage& message) {
  if (message.own) return read_own(message);
  std::string_view fields = message.body;
  const std::string_view letter = take_bus_field(fields).value_or("");
  if (letter == chat_news::kNews) return read_news(message, fields);
  if (message.is_old) return;
  if (letter == chat_news::kAlone) return read_alone(message, fields);
  if (letter == chat_news::kEntered) return read_entered(message.house, fields);
  if (letter == chat_news::kMode) return read_mode(message.house, fields);
  if (letter == chat_news::kState) return read_state(message.house, fields);
  if (letter != chat_news::kHello) return;
  owes_state_ = true;
  end_of_turn_.request();
}

void ChatBridge::read_own(const BusMessage& message) {
  read_back_ = message.number;
  while (!claims_.empty() && claims_.front().number <= read_back_) claims_.pop_front();
  // Also those before it, which the bus has lost: the members of this house miss none.
  while (!held_.empty() && held_.front().number < message.number) read_held(message.time);
  if (held_.empty() || held_.front().number != message.number) return;  // it was read already
  read_held(message.time, message.place);
}

void ChatBridge::read_held(ChatTime time, std::uint64_t place) {
  const Held held = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= held.body.size() + kOverhead;
  std::string_view fields = held.body;
  (void)take_bus_field(fields);
  const auto read = chat_news::read(fields, {time, place});
  if (!read) return;
  house_.receive(
      {.event = read->event,
       .rooms = read->rooms,
       .skipped = held.skipped,
       .reach = read->is_recorded ? ChatNews::Reach::recorded : ChatNews::Reach::members});
}

void ChatBridge::read_all_held() {
  while (!held_.empty()) read_held(house_.now());
}

void ChatBridge::on_gap(std::string_view /*house*/, std::uint64_t lost) {
  const std::string text =
      std::to_string(lost) + (lost == 1 ? " event" : " events") + " of another machine were lost";
  notify_all(text);
  house_.record_in_all(text);
  asks_ = true;
  end_of_turn_.request();
}

void ChatBridge::on_reachable(bool reachable) {
  if (!reachable) {
    read_all_held();
    claims_.clear();
    claims_all_until_ = kAlways;
    away_ = true;
    return notify_all(kAway);
  }
  if (std::exchange(away_, false)) notify_all(kBack);
  newcomers_.clear();
  owes_state_ = asks_ = true;
  end_of_turn_.request();
}

void ChatBridge::on_house_gone(std::string_view house) {
  const auto found = houses_.find(house);
  if (found == houses_.end()) return;
  std::vector<std::string> nicks;
  for (const auto& [nick, mirror] : found->second) nicks.push_back(nick);
  const std::string name(house);
  for (const std::string& nick : nicks) drop_mirror(name, nick, "its machine is gone");
  houses_.erase(name);
  settle_nicks();
}

void ChatBridge::notify_all(std::string_view text) {
  for (const auto& [key, member] : house_.all_members()) {
    if (is_local(*member)) house_.notify(*member, text);
  }
}

void ChatBridge::end_turn() {
  while (held_bytes_ > kMaxHeld) read_held(house_.now());
  for (const std::string& nick : std::exchange(newcomers_, {})) {
    ChatMember* const member = house_.find_member(nick);
    if (away_ && member != nullptr) house_.notify(*member, kAway);
  }
  if (std::exchange(asks_, false)) {
    std::string body;
    append_bus_field(body, chat_news::kHello);
    bus_.publish(body);
  }
  if (std::exchange(owes_state_, false)) publish_state();
}

void ChatBridge::publish_state() {
  std::string body;
  append_bus_field(body, chat_news::kState);
  for (const auto& [key, member] : house_.all_members()) {
    if (!is_local(*member)) continue;
    std::string one;
    append_bus_fields(one, {member->nick(), member->origin(), member->about()});
    for (const ChatRoom* room : member->rooms()) append_bus_field(one, room->name());
    append_bus_field(body, one);
  }
  claims_.clear();
  claims_all_until_ = bus_.publish(body);
}

}  // namespace sluice
