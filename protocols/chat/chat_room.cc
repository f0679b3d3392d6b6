#include "chat_room.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sluice {

bool ChatMember::is_in(const ChatRoom& room) const noexcept {
  return std::ranges::find(rooms_, &room) != rooms_.end();
}

// --- Members ---

const ChatRoom::Place* ChatRoom::place_of(const ChatMember& member) const noexcept {
  const auto found = std::ranges::find(members_, &member, &Place::member);
  return found == members_.end() ? nullptr : &*found;
}

ChatRoom::Place* ChatRoom::find_place(const ChatMember& member) noexcept {
  const auto found = std::ranges::find(members_, &member, &Place::member);
  return found == members_.end() ? nullptr : &*found;
}

bool ChatRoom::has_operator(const ChatMember& member) const noexcept {
  const Place* const place = place_of(member);
  return place != nullptr && place->is_operator;
}

void ChatRoom::add(ChatMember& member) {
  members_.reserve(members_.size() + 1 + members_.size() / 2);
  member.rooms_.reserve(member.rooms_.size() + 1);
  Block& block = add_block(*member.format_);
  members_.push_back({.member = &member, .offset = block.text.size()});
  member.rooms_.push_back(this);
  if (!block.text.empty()) has_newcomers_ = true;
  if (member.behind_) ++members_behind_;
}

void ChatRoom::remove(ChatMember& member) noexcept {
  const auto found = std::ranges::find(members_, &member, &Place::member);
  assert(found != members_.end());
  members_.erase(found);
  std::erase(member.rooms_, this);
  release_block(*member.format_);
  if (member.behind_) --members_behind_;
  // The author has left, so nobody is skipped. A new member may get the same address.
  if (author_ == &member) author_ = nullptr;
}

// --- Blocks ---

ChatRoom::Block& ChatRoom::add_block(const ChatFormat& format) {
  const auto found = std::ranges::find(blocks_, &format, &Block::format);
  Block& block = found != blocks_.end() ? *found : blocks_.emplace_back(Block{.format = &format});
  ++block.members;
  return block;
}

void ChatRoom::release_block(const ChatFormat& format) noexcept {
  const auto found = std::ranges::find(blocks_, &format, &Block::format);
  assert(found != blocks_.end());
  if (--found->members == 0) blocks_.erase(found);
}

ChatRoom::Block& ChatRoom::block_of(const ChatFormat& format) noexcept {
  return *std::ranges::find(blocks_, &format, &Block::format);
}

const ChatRoom::Block& ChatRoom::block_of(const ChatFormat& format) const noexcept {
  return *std::ranges::find(blocks_, &format, &Block::format);
}

bool ChatRoom::is_pending() const noexcept {
  return std::ranges::any_of(blocks_, [](const Block& block) { return !block.text.empty(); });
}

bool ChatRoom::has_lines_for(const ChatMember& member) const noexcept {
  if (!is_pending() || skips(member)) return false;
  const Place* const place = place_of(member);
  return place != nullptr && place->offset < block_of(*member.format_).text.size();
}

void ChatRoom::collect(const ChatEvent& event, const ChatMember* author, InHistory in_history) {
  const auto is_full = [this](const Block& block) { return block.text.size() >= max_block_; };
  if ((author_ != author && is_pending()) || std::ranges::any_of(blocks_, is_full)) flush();
  std::size_t done = 0;
  std::size_t before = 0;
  std::vector<std::size_t> sizes;
  try {
    if (blocks_.size() > 1) sizes.reserve(blocks_.size());
    for (; done < blocks_.size(); ++done) {
      before = blocks_[done].text.size();
      if (blocks_.size() > 1) sizes.push_back(before);
      blocks_[done].format->append(blocks_[done].text, event);
    }
    if (in_history == InHistory::yes) history_.keep(event);
  } catch (...) {
    for (std::size_t i = 0; i < sizes.size(); ++i) blocks_[i].text.resize(sizes[i]);
    if (blocks_.size() == 1) blocks_[0].text.resize(before);
    throw;
  }
  author_ = author;
}

void ChatRoom::flush() {
  if (!is_pending()) return;
  // All that may throw comes before the first delivery, so that nobody receives a block twice.
  for (Block& block : blocks_) block.ready = Payload::copy(block.text);
  const std::vector<Payload> parts = parts_for_newcomers();
  auto part = parts.begin();
  for (Place& place : members_) {
    const std::size_t from = std::exchange(place.offset, 0);
    if (skips(*place.member)) continue;
    const Block& block = block_of(*place.member->format_);
    if (from == 0) {
      if (!block.ready.empty()) place.member->outlet_.deliver(block.ready);
    } else if (from < block.text.size()) {
      place.member->outlet_.deliver(*part++);
    }
  }
  for (Block& block : blocks_) {
    block.text.clear();
    block.ready = Payload();
  }
  author_ = nullptr;
  has_newcomers_ = false;
}

// The parts of the blocks for the members that joined after they began, in the order of members_.
std::vector<Payload> ChatRoom::parts_for_newcomers() const {
  std::vector<Payload> parts;
  if (!has_newcomers_) return parts;
  for (const Place& place : members_) {
    const std::string_view text = block_of(*place.member->format_).text;
    if (skips(*place.member) || place.offset == 0 || place.offset >= text.size()) continue;
    parts.push_back(Payload::copy(text.substr(place.offset)));
  }
  return parts;
}

std::optional<ChatTime> ChatRoom::last_message() const noexcept { return history_.last_message(); }

void ChatRoom::append_history(std::string& to, const ChatFormat& format,
                              std::uint64_t after) const {
  history_.each(name_, after, [&](const ChatEvent& event) { format.append(to, event); });
}

}  // namespace sluice
