#include "chat_room.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "chat_text.h"

namespace sluice {

void ChatRoom::add(ChatMember& member) {
  members_.push_back(&member);
  member.room_ = this;
  member.block_offset_ = block_.size();
  if (!block_.empty()) has_newcomers_ = true;
  if (member.behind_) ++members_behind;
}

void ChatRoom::remove(ChatMember& member) noexcept {
  const auto found = std::ranges::find(members_, &member);
  assert(found != members_.end());
  members_.erase(found);
  if (member.behind_) --members_behind;
  // The author has left, so nobody is skipped. A new member may get the same address.
  if (author_ == &member) author_ = nullptr;
}

template <class Write>
void ChatRoom::collect(const ChatMember* author, InHistory in_history, Write&& write) {
  if ((author_ != author && !block_.empty()) || block_.size() >= max_block_) flush();
  const std::size_t before = block_.size();
  try {
    write();
    block_ += '\n';
    if (in_history == InHistory::yes) history_.note(before, block_.size() - before);
  } catch (...) {
    block_.resize(before);
    throw;
  }
  author_ = author;
}

void ChatRoom::say(ChatMember& from, std::string_view text) {
  collect(&from, InHistory::yes, [&] {
    block_ += from.prefix_;
    append_chat_text(block_, text);
  });
}

void ChatRoom::act(ChatMember& from, std::string_view text) {
  collect(&from, InHistory::yes, [&] {
    block_ += kActionPrefix;
    block_ += from.nick();
    block_ += ' ';
    append_chat_text(block_, text);
  });
}

void ChatRoom::announce(std::initializer_list<std::string_view> parts) {
  collect(nullptr, InHistory::no, [&] {
    block_ += kNoticePrefix;
    for (const std::string_view part : parts) block_ += part;
  });
}

void ChatRoom::flush() {
  if (block_.empty()) return;
  history_.commit(block_);
  // All that may throw comes before the first delivery, so that nobody receives a block twice.
  const Payload block = Payload::copy(block_);
  const std::vector<Payload> parts = parts_for_newcomers();
  auto part = parts.begin();
  for (ChatMember* member : members_) {
    const std::size_t from = std::exchange(member->block_offset_, 0);
    if (member == author_) continue;
    if (from == 0) {
      member->outlet_.deliver(block);
    } else if (from < block_.size()) {
      member->outlet_.deliver(*part++);
    }
  }
  block_.clear();
  author_ = nullptr;
  has_newcomers_ = false;
}

// The parts of the block for the members that joined after it began, in the order of members_.
std::vector<Payload> ChatRoom::parts_for_newcomers() const {
  std::vector<Payload> parts;
  if (!has_newcomers_) return parts;
  for (const ChatMember* member : members_) {
    const std::size_t from = member->block_offset_;
    if (member == author_ || from == 0 || from >= block_.size()) continue;
    parts.push_back(Payload::copy(std::string_view(block_).substr(from)));
  }
  return parts;
}

void ChatRoom::append_history(std::string& text) {
  history_.commit(block_);
  history_.append_to(text);
}

}  // namespace sluice
