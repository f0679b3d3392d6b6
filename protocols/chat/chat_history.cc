#include "chat_history.h"

#include <utility>

namespace sluice {

ChatHistory::ChatHistory(std::size_t lines) : limit_(lines) {}

void ChatHistory::note(std::size_t offset, std::size_t size) {
  if (noted_.size() < limit_) {
    noted_.push_back({offset, size});
  } else if (limit_ > 0) {
    noted_[oldest_] = {offset, size};
    if (++oldest_ == limit_) oldest_ = 0;
  }
}

void ChatHistory::commit(std::string_view block) {
  for (std::size_t i = 0; i < noted_.size(); ++i) {
    const Position& position = noted_[(oldest_ + i) % noted_.size()];
    keep(block.substr(position.offset, position.size));
  }
  noted_.clear();
  oldest_ = 0;
}

void ChatHistory::keep(std::string_view line) {
  std::string reused;  // the memory of the oldest line, because most lines have a similar length
  while (!kept_.empty() && (kept_.size() >= limit_ || bytes_ + line.size() > kMaxBytes)) {
    bytes_ -= kept_.front().size();
    reused = std::move(kept_.front());
    kept_.pop_front();
  }
  if (line.size() > kMaxBytes) return;
  reused.assign(line);
  kept_.push_back(std::move(reused));
  bytes_ += line.size();
}

void ChatHistory::append_to(std::string& text) const {
  for (const std::string& line : kept_) text += line;
}

}  // namespace sluice
