#include "chat_house.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <new>
#include <utility>

#include "chat_carrier.h"
#include "chat_name.h"

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

ChatTime system_time() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

// --- Members ---

ChatHouse::ChatHouse(ChatRules rules, std::function<void()> wake, std::function<ChatTime()> clock)
    : rules_(std::move(rules)), wake_(std::move(wake)), clock_(std::move(clock)) {
  assert(is_chat_name(rules_.lobby));
  if (!clock_) clock_ = system_time;
  lobby_ = &find_or_make_room(rules_.lobby);
}

ChatHouse::~ChatHouse() = default;

void ChatHouse::set_rules(ChatRules rules) {
  rules.lobby = rules_.lobby;
  rules_ = std::move(rules);
}

ChatMember* ChatHouse::enter(const ChatNewcomer& newcomer) {
  if (members_.size() >= rules_.max_members) return nullptr;
  const std::string name = free_nick(newcomer.nick);
  const auto place = members_.emplace(chat_name_key(name), nullptr).first;
  try {
    place->second = std::make_unique<ChatMember>(newcomer, name, now());
    ChatMember& member = *place->second;
    member.key_ = &place->first;
    if (carrier_ != nullptr) carrier_->entered(member);
    if (newcomer.one_room) {
      announce(*lobby_, event(ChatEvent::Kind::joined, member));
      lobby_->add(member);
    }
  } catch (...) {
    members_.erase(place);
    throw;
  }
  return place->second.get();
}

void ChatHouse::leave(ChatMember& member, std::string_view reason) {
  // Removed before anything can throw.
  const auto owned = members_.extract(members_.find(*member.key_));
  assert(owned && owned.mapped().get() == &member);
  release_nick(owned.key());
  remember(member);
  struct Removal {  // from its rooms, also when an announcement throws
    ChatHouse& house;
    ChatMember& member;
    ~Removal() {
      if (house.carrier_ != nullptr) house.carrier_->gone(member);
      while (!member.rooms_.empty()) house.remove_from(member, *member.rooms_.back());
    }
  };
  ChatEvent quit = event(ChatEvent::Kind::quit, member, reason);
  if (carrier_ != nullptr || member.rooms_.size() != 1) {
    const Removal removal{*this, member};
    return announce_everywhere(member, quit);
  }
  announce_left(member, *member.rooms_.front(), quit);
}

void ChatHouse::dismiss(ChatMember& member, std::string_view reason) {
  // A member that has left receives nothing more, so it gets the collected lines first.
  for (ChatRoom* room : member.rooms_) {
    if (room->has_lines_for(member)) room->flush();
  }
  ChatOutlet& outlet = member.outlet_;
  try {
    leave(member, reason.substr(0, kMaxReason));
  } catch (...) {
    outlet.on_dismissed();
    throw;
  }
  outlet.on_dismissed();
}

std::string ChatHouse::free_nick(std::string_view wanted) {
  if (is_chat_nick(wanted) && find_member(wanted) == nullptr) return std::string(wanted);
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

void ChatHouse::set_draining(bool draining) {
  if (carrier_ != nullptr) carrier_->set_draining(draining);
}

// A name that is not remembered does no harm.
void ChatHouse::remember(const ChatMember& member) noexcept {
  try {
    if (past_.size() >= kMaxPast) past_.pop_front();
    past_.push_back({member.nick_, member.origin_, member.about_, now()});
  } catch (const std::bad_alloc&) {
    return;
  }
}

void ChatHouse::release_nick(std::string_view key) noexcept {
  if (const std::uint64_t number = guest_number(key); number != 0) {
    first_guest_ = std::min(first_guest_, number);
  }
}

ChatResult ChatHouse::check_nick(std::string_view nick, const ChatMember* member) const {
  if (!is_chat_nick(nick)) return ChatResult::invalid_name;
  const ChatMember* const holder = find_member(nick);
  if (holder != nullptr && holder != member) return ChatResult::name_taken;
  if (holder == nullptr && is_reserved(chat_name_key(nick))) return ChatResult::name_reserved;
  return ChatResult::ok;
}

ChatResult ChatHouse::set_nick(ChatMember& member, std::string_view nick) {
  const ChatResult checked = check_nick(nick, &member);
  if (checked != ChatResult::ok) return checked;
  if (member.nick() == nick) return ChatResult::already_there;
  change_nick(member, nick);
  return ChatResult::ok;
}

void ChatHouse::change_nick(ChatMember& member, std::string_view nick) {
  const std::string old(member.nick());
  std::string key = chat_name_key(nick);
  std::string name(nick);
  for (ChatRoom* room : member.rooms_) {
    if (room->has_lines_for(member)) room->flush();
  }
  ChatEvent renamed = event(ChatEvent::Kind::renamed, member);
  renamed.author = old;
  renamed.target = nick;
  remember(member);
  member.nick_ = std::move(name);
  auto owned = members_.extract(members_.find(*member.key_));
  const std::string old_key = std::exchange(owned.key(), std::move(key));
  members_.insert(std::move(owned));  // allocates nothing: the table is not larger than before
  release_nick(old_key);
  if (member.rooms_.size() == 1) {
    announce(*member.rooms_.front(), renamed);
  } else {
    announce_everywhere(member, renamed);
    deliver_event(member, renamed);
  }
}

void ChatHouse::set_away(ChatMember& member, std::string_view why) {
  why = why.substr(0, kMaxReason);
  if (member.away_ == why) return;
  member.away_ = why;
  announce_everywhere(member, event(ChatEvent::Kind::away, member, member.away_));
}

ChatResult ChatHouse::log_in(ChatMember& member, std::string_view name, std::string_view password) {
  if (!rules_.check_password) return ChatResult::not_allowed;
  const ChatTime time = now();
  // The clock may have been set back.
  const bool is_soon =
      last_password_ && time >= *last_password_ && time < *last_password_ + kPasswordInterval;
  if (is_soon) return ChatResult::too_soon;
  std::erase_if(wrong_passwords_, [time](const WrongPassword& wrong) {
    return time < wrong.time || time >= wrong.time + kWrongPasswordMemory;
  });
  const std::string_view origin = member.origin();
  WrongPassword attempt{.host = std::string(origin.substr(origin.find('@') + 1)), .time = time};
  const auto wrong = std::ranges::count(wrong_passwords_, attempt.host, &WrongPassword::host);
  if (static_cast<std::size_t>(wrong) >= kMaxWrongPasswords) return ChatResult::too_often;
  last_password_ = time;
  if (!rules_.check_password(name, password)) {
    wrong_passwords_.push_back(std::move(attempt));
    return ChatResult::wrong_password;
  }
  member.is_operator_ = true;
  return ChatResult::ok;
}

void ChatHouse::set_format(ChatMember& member, const ChatFormat& format, bool reads_itself) {
  for (ChatRoom* room : member.rooms_) room->flush();
  if (&format != member.format_) {
    // All blocks are there before the first one is released, because adding one may throw.
    std::size_t added = 0;
    try {
      for (; added < member.rooms_.size(); ++added) member.rooms_[added]->add_block(format);
    } catch (...) {
      while (added > 0) member.rooms_[--added]->release_block(format);
      throw;
    }
    for (ChatRoom* room : member.rooms_) room->release_block(*member.format_);
  }
  member.format_ = &format;
  member.reads_itself_ = reads_itself;
}

ChatMember* ChatHouse::find_member(std::string_view nick) const {
  if (!is_chat_nick(nick)) return nullptr;
  const auto found = members_.find(chat_name_key(nick));
  return found == members_.end() ? nullptr : found->second.get();
}

}  // namespace sluice
