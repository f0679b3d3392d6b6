// How the events of a house reach its members. chat_house.cc has the members themselves.
#include <algorithm>
#include <utility>

#include "chat_house.h"

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
  room.collect(event, skipped, in_history);
  mark_dirty(room);
}

// To each member of the author's rooms once, however many rooms they share; not to the author.
void ChatHouse::announce_everywhere(ChatMember& author, const ChatEvent& event) {
  if (author.rooms_.empty()) return;
  flush();
  std::vector<std::pair<const ChatFormat*, Payload>> blocks;
  for (const ChatRoom* room : author.rooms_) {
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
  author.round_ = ++round_;
  for (const ChatRoom* room : author.rooms_) {
    for (const ChatRoom::Place& place : room->members_) {
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

}  // namespace sluice
