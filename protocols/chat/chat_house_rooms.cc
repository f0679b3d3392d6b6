// What members do in the rooms of a house. chat_house.cc has the members themselves.
#include <algorithm>
#include <utility>

#include "chat_carrier.h"
#include "chat_house.h"
#include "chat_name.h"
#include "chat_record.h"
#include "chat_text.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

bool is_in_list(const std::vector<ChatBan>& bans, const ChatMember& member) {
  if (bans.empty()) return false;
  const std::string mask = member.mask();
  return std::ranges::any_of(
      bans, [&mask](const ChatBan& ban) { return matches_chat_mask(ban.mask, mask); });
}

}  // namespace

// --- Lines ---

bool ChatHouse::is_banned(const ChatRoom& room, const ChatMember& member) {
  return is_in_list(room.modes().bans, member);
}

bool ChatHouse::operates(const ChatRoom& room, const ChatMember& member) {
  return member.is_operator_ ? member.is_in(room) : room.has_operator(member);
}

bool ChatHouse::may_speak(const ChatRoom& room, const ChatMember& member) {
  const ChatRoomModes& modes = room.modes();
  const auto is_silenced = [&] {
    return modes.moderated || is_banned(room, member) || is_in_list(modes.mutes, member);
  };
  if (!member.is_in(room)) return !modes.members_only && !is_silenced();
  if (!modes.moderated && modes.bans.empty() && modes.mutes.empty()) return true;
  return operates(room, member) || room.place_of(member)->has_voice || !is_silenced();
}

ChatResult ChatHouse::say(ChatMember& from, ChatRoom& room, Kind kind, std::string_view text,
                          Congestion congestion, std::string_view tags) {
  if (room.is_congested() && congestion == Congestion::wait) return ChatResult::behind;
  if (!may_speak(room, from)) return ChatResult::not_allowed;
  ChatEvent said = event(kind, from, text);
  said.tags = tags;
  // A member of another room may be gone before the block is delivered.
  const ChatMember* const author = from.is_in(room) ? &from : nullptr;
  announce(room, said, author,
           kind == Kind::tagged ? ChatRoom::InHistory::no : ChatRoom::InHistory::yes);
  from.last_said_ = said.time;
  return ChatResult::ok;
}

ChatResult ChatHouse::tell(ChatMember& from, ChatMember& to, Kind kind, std::string_view text,
                           Congestion congestion, std::string_view tags) {
  if (to.behind_ && congestion == Congestion::wait) return ChatResult::behind;
  ChatEvent said = event(kind, from, text);
  said.target = to.nick();
  said.tags = tags;
  deliver_event(to, said);
  if (from.reads_itself_ && &from != &to) deliver_event(from, said);
  from.last_said_ = said.time;
  return ChatResult::ok;
}

// --- Rooms ---

ChatRoom* ChatHouse::find_room(std::string_view name) const {
  if (!is_chat_name(name)) return nullptr;
  const auto found = rooms_.find(chat_name_key(name));
  return found == rooms_.end() ? nullptr : found->second.get();
}

ChatRoom& ChatHouse::find_or_make_room(std::string_view name) {
  std::string key = chat_name_key(name);
  const auto found = rooms_.find(key);
  if (found != rooms_.end()) return *found->second;
  auto made = std::make_unique<ChatRoom>(name, rules_.history, rules_.block, now());
  if (recorder_ != nullptr) made->record_ = recorder_->record_of(name);
  return *rooms_.emplace(std::move(key), std::move(made)).first->second;
}

void ChatHouse::remove_if_empty(ChatRoom& room) noexcept {
  // Lines that are still collected have no receiver. Those that members said are in the history.
  if (!room.members().empty() || &room == lobby_) return;
  std::erase(dirty_, &room);
  const auto same = [&room](const auto& entry) { return entry.second.get() == &room; };
  rooms_.erase(std::ranges::find_if(rooms_, same));
}

void ChatHouse::take_out(ChatMember& member, ChatRoom& room) noexcept { remove_from(member, room); }

void ChatHouse::remove_from(ChatMember& member, ChatRoom& room) noexcept {
  room.remove(member);
  remove_if_empty(room);
}

ChatResult ChatHouse::check_join(const ChatMember& member, std::string_view name,
                                 std::string_view key, Congestion congestion) const {
  if (!is_chat_name(name)) return ChatResult::invalid_name;
  const ChatRoom* const room = find_room(name);
  if (room != nullptr && member.is_in(*room)) return ChatResult::already_there;
  if (!member.one_room_ && member.rooms_.size() >= rules_.max_joined) {
    return ChatResult::too_many_joined;
  }
  if (room == nullptr) {
    // A room other than the lobby is removed when its only member leaves it.
    const bool frees_one = member.one_room_ && member.rooms_.front() != lobby_ &&
                           member.rooms_.front()->members().size() == 1;
    const bool is_full = rooms_.size() - (frees_one ? 1 : 0) >= rules_.max_rooms;
    return is_full ? ChatResult::too_many_rooms : ChatResult::ok;
  }
  const std::size_t count = room->members().size();
  if (room != lobby_ && count >= rules_.max_in_room) return ChatResult::room_full;
  const ChatRoomModes& modes = room->modes();
  const bool is_free = member.is_operator_;
  if (!is_free && !modes.key.empty() && key != modes.key) return ChatResult::wrong_key;
  if (!is_free && std::ranges::find(modes.invited, *member.key_) == modes.invited.end()) {
    if (modes.invite_only) return ChatResult::invite_only;
    if (is_banned(*room, member)) return ChatResult::banned;
    if (modes.limit != 0 && count >= modes.limit) return ChatResult::room_full;
  }
  const bool must_wait = room->is_congested() && congestion == Congestion::wait;
  return must_wait ? ChatResult::behind : ChatResult::ok;
}

ChatResult ChatHouse::join(ChatMember& member, std::string_view name, std::string_view key,
                           Congestion congestion) {
  const ChatResult checked = check_join(member, name, key, congestion);
  if (checked != ChatResult::ok) return checked;
  ChatRoom& room = find_or_make_room(name);
  const bool opens = room.members().empty() && &room != lobby_;
  try {
    if (member.one_room_) {
      move(member, room);
    } else {
      announce(room, event(Kind::joined, member));
      room.add(member);
    }
  } catch (...) {
    remove_if_empty(room);
    throw;
  }
  if (opens) room.members_.back().is_operator = true;
  if (!member.away_.empty()) announce(room, event(Kind::away, member, member.away_), &member);
  std::erase(room.modes_.invited, *member.key_);
  return ChatResult::ok;
}

void ChatHouse::move(ChatMember& member, ChatRoom& to) {
  ChatRoom& from = *member.rooms_.front();
  if (from.has_lines_for(member)) from.flush();
  // All that may throw comes before the move, so that the member is in exactly one room.
  announce(to, event(Kind::joined, member));
  ChatEvent left = event(Kind::left, member);
  left.target = to.name();
  to.add(member);
  announce_left(member, from, left);
}

// A room that is empty now has no readers but the carrier's and its record.
void ChatHouse::announce_left(ChatMember& member, ChatRoom& room, const ChatEvent& left) {
  room.remove(member);
  try {
    const bool is_read = carrier_ != nullptr || room.is_recorded() || !room.members().empty();
    if (is_read) announce(room, left);
  } catch (...) {
    remove_if_empty(room);
    throw;
  }
  remove_if_empty(room);
}

ChatResult ChatHouse::part(ChatMember& member, ChatRoom& room, std::string_view reason) {
  if (!member.is_in(room)) return ChatResult::not_in_room;
  if (member.one_room_) return join(member, rules_.lobby, {}, Congestion::ignore);
  if (room.has_lines_for(member)) room.flush();
  const ChatEvent left = event(Kind::left, member, reason.substr(0, kMaxReason));
  announce_left(member, room, left);
  return ChatResult::ok;
}

// --- What operators do ---

ChatResult ChatHouse::set_topic(ChatMember& member, ChatRoom& room, std::string_view text) {
  if (!member.is_in(room)) return ChatResult::not_in_room;
  if (room.modes().topic_is_locked && !operates(room, member)) return ChatResult::not_operator;
  ChatRoom::Topic topic{.text = {}, .author = member.mask(), .time = now()};
  append_chat_text(topic.text, text);
  if (topic.text.size() > kMaxTopic) return ChatResult::too_long;
  announce(room, event(Kind::topic, member, topic.text));
  room.topic_ = std::move(topic);
  return ChatResult::ok;
}

ChatResult ChatHouse::kick(ChatMember& member, ChatRoom& room, ChatMember& target,
                           std::string_view reason) {
  if (!member.is_in(room)) return ChatResult::not_in_room;
  if (!operates(room, member)) return ChatResult::not_operator;
  if (!target.is_in(room)) return ChatResult::target_absent;
  ChatEvent kicked = event(Kind::kicked, member, reason.substr(0, kMaxReason));
  kicked.target = target.nick();
  announce(room, kicked);
  room.flush();
  remove_kicked(target, room);
  return ChatResult::ok;
}

void ChatHouse::remove_kicked(ChatMember& target, ChatRoom& room) {
  if (!target.one_room_) return remove_from(target, room);
  // From the lobby there is no way but out; only operators of the house can do that.
  if (&room == lobby_) return dismiss(target, {});
  announce(*lobby_, event(Kind::joined, target));
  lobby_->add(target);
  remove_from(target, room);
  notify(target, "you are in the room " + lobby_->name() + " again");
  tell_if_recorded(target, *lobby_);
}

ChatResult ChatHouse::invite(ChatMember& member, ChatRoom& room, ChatMember& target,
                             Congestion congestion) {
  if (!member.is_in(room)) return ChatResult::not_in_room;
  if (target.is_in(room)) return ChatResult::target_present;
  if (room.modes().invite_only && !operates(room, member)) return ChatResult::not_operator;
  if (target.behind_ && congestion == Congestion::wait) return ChatResult::behind;
  ChatEvent invited = event(Kind::invited, member);
  invited.room = room.name();
  invited.target = target.nick();
  std::vector<std::string>& names = room.modes_.invited;
  std::erase(names, *target.key_);
  if (names.size() >= std::max<std::size_t>(rules_.max_bans, 1)) names.erase(names.begin());
  names.push_back(*target.key_);
  deliver_event(target, invited);
  return ChatResult::ok;
}

ChatResult ChatHouse::apply_mode(ChatMember& member, ChatRoom& room, const ChatModeChange& change,
                                 std::string& parameter) {
  if (!operates(room, member)) {
    return member.is_in(room) ? ChatResult::not_operator : ChatResult::not_in_room;
  }
  parameter = change.parameter;
  const ChatResult applied = apply(room, member, change, parameter);
  if (applied == ChatResult::ok && carrier_ != nullptr) {
    carrier_->mode_changed(member, room, change);
  }
  return applied;
}

void ChatHouse::announce_modes(ChatMember& member, ChatRoom& room, std::string_view text) {
  announce(room, event(Kind::mode, member, text));
}

ChatResult ChatHouse::change_mode(ChatMember& member, ChatRoom& room,
                                  const ChatModeChange& change) {
  std::string parameter;
  const ChatResult applied = apply_mode(member, room, change, parameter);
  if (applied != ChatResult::ok) return applied;
  std::string text = change.adds ? "+" : "-";
  text += change.letter;
  if (!parameter.empty()) text += ' ' + parameter;
  announce_modes(member, room, text);
  return ChatResult::ok;
}

}  // namespace sluice
