#include "chat_history.h"

#include <algorithm>
#include <utility>

namespace sluice {

ChatEvent ChatHistory::Line::event(std::string_view room) const noexcept {
  const std::string_view all = bytes;
  ChatEvent event;
  event.kind = kind;
  event.id = id;
  event.time = time;
  event.number = number;
  event.room = room;
  event.author = all.substr(0, author_size);
  event.origin = all.substr(author_size, origin_size);
  event.text = all.substr(author_size + origin_size);
  return event;
}

void ChatHistory::keep(const ChatEvent& event) {
  const std::size_t size = event.author.size() + event.origin.size() + event.text.size();
  std::string reused;
  while (!kept_.empty() && (kept_.size() >= limit_ || bytes_ + size > kMaxBytes)) {
    bytes_ -= kept_.front().bytes.size();
    reused = std::move(kept_.front().bytes);
    kept_.pop_front();
  }
  if (limit_ == 0 || size > kMaxBytes) return;
  reused.assign(event.author);
  reused += event.origin;
  reused += event.text;
  kept_.push_back({event.kind, event.id, event.time, event.number, event.author.size(),
                   event.origin.size(), std::move(reused)});
  bytes_ += size;
}

std::optional<ChatTime> ChatHistory::last_message() const noexcept {
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(),
                                  [](const Line& line) { return is_message(line.kind); });
  if (found == kept_.rend()) return {};
  return found->time;
}

}  // namespace sluice
