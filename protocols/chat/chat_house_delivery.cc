// How the events of a house reach its members. chat_house.cc has the members themselves.
#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "chat_carrier.h"
#include "chat_house.h"
#include "chat_record.h"

namespace sluice {

ChatTime ChatHouse::now() {
  if (!now_) {
    now_ = clock_();
    if (wake_) wake_();  // flush() forgets it
  }
  return *now_;
}

ChatEvent ChatHouse::event(ChatEvent::Kind kind, const ChatMember& author, std::string_view text) {
  ChatEvent result;
  result.kind = kind;
  result.id = next_event_++;
  result.time = now();
  result.author = author.nick();
  result.origin = author.origin();
  result.text = text;
  return result;
}

void ChatHouse::announce(ChatRoom& room, ChatEvent event, const ChatMember* skipped,
                         ChatRoom::InHistory in_history) {
  event.room = room.name();
  if (carrier_ != nullptr) {
    const bool is_kept = in_history == ChatRoom::InHistory::yes;
    const auto reach = is_kept ? ChatNews::Reach::recorded : ChatNews::Reach::members;
    if (carrier_->carry({.event = event, .rooms = {}, .skipped = skipped, .reach = reach})) return;
  }
  room.collect(event, skipped, in_history);
  mark_dirty(room);
  record(room.record_, event);
}

void ChatHouse::record(ChatRecord* record, const ChatEvent& event) {
  if (record == nullptr) return;
  record->add(event);
  if (wake_) wake_();  // for the recorder's flush()
}

// To each member of the author's rooms once, however many rooms they share; not to the author.
void ChatHouse::announce_everywhere(ChatMember& author, const ChatEvent& event) {
  if (carrier_ != nullptr) {
    std::vector<std::string_view> names;
    for (const ChatRoom* room : author.rooms_) names.emplace_back(room->name());
    if (carrier_->carry({.event = event, .rooms = names, .skipped = &author})) return;
  }
  if (!author.rooms_.empty()) deliver_everywhere(author.rooms_, &author, event);
}

void ChatHouse::deliver_everywhere(std::span<ChatRoom* const> rooms, const ChatMember* skipped,
                                   const ChatEvent& event) {
  flush_rooms();
  std::vector<std::pair<const ChatFormat*, Payload>> blocks;
  for (const ChatRoom* room : rooms) {
    for (const ChatRoom::Block& block : room->blocks_) {
      if (std::ranges::find(blocks, block.format, &decltype(blocks)::value_type::first) !=
          blocks.end()) {
        continue;
      }
      std::string text;
      block.format->append(text, event);
      blocks.emplace_back(block.format, Payload::copy(text));
    }
  }
  for (ChatRoom* room : rooms) record(room->record_, event);
  ++round_;
  for (const ChatRoom* room : rooms) {
    for (const ChatRoom::Place& place : room->members_) {
      if (place.member == skipped) continue;
      if (std::exchange(place.member->round_, round_) == round_) continue;
      const auto block =
          std::ranges::find(blocks, place.member->format_, &decltype(blocks)::value_type::first);
      if (!block->second.empty()) place.member->outlet_.deliver(block->second);
    }
  }
}

void ChatHouse::deliver(ChatMember& member, std::string_view text) {
  if (text.empty()) return;
  const Payload block = Payload::copy(text);
  for (ChatRoom* room : member.rooms_) {
    if (room->has_lines_for(member)) room->flush();
  }
  member.outlet_.deliver(block);
}

void ChatHouse::deliver_event(ChatMember& member, const ChatEvent& event) {
  std::string text;
  member.format_->append(text, event);
  deliver(member, text);
}

void ChatHouse::notify(ChatMember& member, std::string_view text) {
  ChatEvent notice;
  notice.kind = ChatEvent::Kind::house;
  notice.time = now();
  notice.target = member.nick();
  notice.text = text;
  deliver_event(member, notice);
}

void ChatHouse::mark_dirty(ChatRoom& room) {
  if (!room.dirty_) {
    dirty_.push_back(&room);
    room.dirty_ = true;
  }
  if (wake_) wake_();
}

void ChatHouse::flush() {
  now_.reset();
  flush_rooms();
  if (recorder_ != nullptr) recorder_->flush();
}

void ChatHouse::flush_rooms() {
  while (!dirty_.empty()) {
    // The room stays on the list if its flush() throws.
    dirty_.back()->flush();
    dirty_.back()->dirty_ = false;
    dirty_.pop_back();
  }
}

void ChatHouse::set_behind(ChatMember& member, bool behind) noexcept {
  if (member.behind_ == behind) return;
  member.behind_ = behind;
  for (ChatRoom* room : member.rooms_) {
    behind ? ++room->members_behind_ : --room->members_behind_;
  }
}

bool ChatHouse::is_congested(const ChatMember& member) const noexcept {
  return std::ranges::any_of(member.rooms_,
                             [](const ChatRoom* room) { return room->is_congested(); });
}

// --- What a recorder keeps ---

void ChatHouse::set_recorder(ChatRecorder* recorder) noexcept {
  recorder_ = recorder;
  // Before a notice runs other code: the records of an earlier recorder may be gone.
  for (const auto& [key, room] : rooms_) {
    ChatRecord* const record = recorder == nullptr ? nullptr : recorder->record_of(room->name());
    room->record_changed_ = (record != nullptr) != room->is_recorded();
    room->record_ = record;
  }
  for (const auto& [key, room] : rooms_) {
    if (!std::exchange(room->record_changed_, false)) continue;
    const std::string_view what =
        room->is_recorded() ? " is logged from now on" : " is not logged now";
    for (const ChatRoom::Place& place : room->members()) tell_of_record(*place.member, *room, what);
  }
}

void ChatHouse::tell_if_recorded(ChatMember& member, const ChatRoom& room) noexcept {
  if (room.is_recorded()) tell_of_record(member, room, " is logged");
}

// A front that has not kept the member yet calls it: if it failed now, the member would stay in
// the house with an outlet that is gone.
void ChatHouse::tell_of_record(ChatMember& member, const ChatRoom& room,
                               std::string_view what) noexcept {
  try {
    std::string text = "the room " + room.name();
    text += what;
    notify(member, text);
  } catch (const std::bad_alloc&) {
    return;
  }
}

void ChatHouse::record_in_all(std::string_view notice) {
  if (recorder_ == nullptr) return;
  ChatEvent event;
  event.kind = ChatEvent::Kind::house;
  event.time = now();
  event.text = notice;
  recorder_->add_to_all(event);
  if (wake_) wake_();
}

// --- What a carrier brings ---

void ChatHouse::receive(const ChatNews& news) {
  ChatEvent event = news.event;
  event.id = next_event_++;
  const bool is_private =
      event.kind == ChatEvent::Kind::invited || (event.room.empty() && news.rooms.empty());
  if (is_private) return receive_alone(event);
  if (event.kind == ChatEvent::Kind::away) {
    if (ChatMember* const author = find_member(event.author)) author->away_ = event.text;
  }
  std::vector<ChatRoom*> rooms;
  const auto add = [&](std::string_view name) {
    ChatRoom* const room = find_room(name);
    if (room != nullptr) return rooms.push_back(room);
    // Its last member here has left meanwhile, or the members of other houses are not here yet.
    if (recorder_ == nullptr || news.reach == ChatNews::Reach::history) return;
    record(recorder_->record_of(name), event);
  };
  if (!event.room.empty()) add(event.room);
  for (const std::string_view name : news.rooms) add(name);
  if (rooms.size() > 1) return deliver_everywhere(rooms, news.skipped, event);
  if (!rooms.empty()) receive_in(*rooms.front(), news, event);
}

void ChatHouse::receive_in(ChatRoom& room, const ChatNews& news, ChatEvent event) {
  event.room = room.name();
  if (news.reach == ChatNews::Reach::history) return room.history_.keep(event);
  if (event.kind == ChatEvent::Kind::topic) {
    std::string author(event.author);
    author += '!';
    author += event.origin;
    room.topic_ = {
        .text = std::string(event.text), .author = std::move(author), .time = event.time};
  }
  const bool is_kept = news.reach == ChatNews::Reach::recorded;
  const auto in_history = is_kept ? ChatRoom::InHistory::yes : ChatRoom::InHistory::no;
  const ChatMember* const skipped = news.skipped;
  ChatMember* const joined =
      event.kind == ChatEvent::Kind::joined && skipped != nullptr && skipped->reads_itself_
          ? find_member(skipped->nick())
          : nullptr;
  mark_dirty(room);
  record(room.record_, event);
  if (joined == nullptr) return room.collect(event, skipped, in_history);
  // Its front has shown it already, so it is skipped although it reads itself.
  room.flush();
  joined->reads_itself_ = false;
  try {
    room.collect(event, skipped, in_history);
    room.flush();
  } catch (...) {
    joined->reads_itself_ = true;
    throw;
  }
  joined->reads_itself_ = true;
}

void ChatHouse::receive_alone(const ChatEvent& event) {
  ChatMember* const target = find_member(event.target);
  if (target == nullptr) return;
  ChatRoom* const room = find_room(event.room);
  if (event.kind == ChatEvent::Kind::invited && room != nullptr) {
    std::vector<std::string>& names = room->modes_.invited;
    std::erase(names, *target->key_);
    if (names.size() >= std::max<std::size_t>(rules_.max_bans, 1)) names.erase(names.begin());
    names.push_back(*target->key_);
  }
  deliver_event(*target, event);
}

void ChatHouse::put_in(ChatMember& member, std::string_view room_name) {
  const ChatRoom* const known = find_room(room_name);
  if (known == nullptr && rooms_.size() >= rules_.max_rooms) return;
  if (known != nullptr && member.is_in(*known)) return;
  ChatRoom& room = find_or_make_room(room_name);
  const bool opens = room.members().empty() && &room != lobby_;
  try {
    room.add(member);
  } catch (...) {
    remove_if_empty(room);
    throw;
  }
  if (opens) room.members_.back().is_operator = true;
  std::erase(room.modes_.invited, *member.key_);
}

void ChatHouse::change_mode_of_carrier(ChatMember& author, ChatRoom& room,
                                       const ChatModeChange& change) {
  std::string parameter = change.parameter;
  (void)apply(room, author, change, parameter);
}

}  // namespace sluice
