#include "chat_intake.h"

#include <utility>

#include "../codec/find_byte.h"

namespace sluice {
namespace {

constexpr std::byte kLineFeed{'\n'};
constexpr std::size_t kMaxIdleCapacity = 256;  // a silent member needs no more memory than this

std::string_view without_cr(std::string_view line) noexcept {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

ChatIntake::Step ChatIntake::next(std::span<const std::byte> in, std::size_t limit) {
  if (std::exchange(returned_, false)) {
    held_.clear();
    if (held_.capacity() > kMaxIdleCapacity) held_.shrink_to_fit();
  }
  held_before_ = held_.size();
  telnet_before_ = telnet_;
  const std::size_t end = find_byte(in, kLineFeed);
  const auto line = in.first(end);
  // A line feed may be part of a telnet command, but only after the 0xFF that begins the command.
  if (!telnet_.is_idle() || find_byte(line, TelnetFilter::kIac) < line.size()) {
    return next_filtered(in, limit);
  }
  const std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
  const bool ended = end < in.size();
  const std::size_t consumed = ended ? end + 1 : end;
  if (skipping_) {
    skipping_ = !ended;
    return {.kind = Kind::none, .line = {}, .consumed = consumed};
  }
  if (ended && held_.empty()) {
    const std::string_view whole = without_cr(text);
    if (whole.size() > limit) return {.kind = Kind::too_long, .line = {}, .consumed = consumed};
    return {.kind = Kind::line, .line = whole, .consumed = consumed};
  }
  if (!hold(text, limit)) {
    skipping_ = !ended;
    return {.kind = Kind::too_long, .line = {}, .consumed = consumed};
  }
  if (!ended) return {.kind = Kind::none, .line = {}, .consumed = consumed};
  returned_ = true;
  return {.kind = Kind::line, .line = without_cr(held_), .consumed = consumed};
}

ChatIntake::Step ChatIntake::next_filtered(std::span<const std::byte> in, std::size_t limit) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!telnet_.pass(in[i])) continue;
    if (in[i] != kLineFeed) {
      const char c = static_cast<char>(in[i]);
      if (skipping_ || hold({&c, 1}, limit)) continue;
      skipping_ = true;
      return {.kind = Kind::too_long, .line = {}, .consumed = i + 1};
    }
    if (std::exchange(skipping_, false)) return {.kind = Kind::none, .line = {}, .consumed = i + 1};
    returned_ = true;
    return {.kind = Kind::line, .line = without_cr(held_), .consumed = i + 1};
  }
  return {.kind = Kind::none, .line = {}, .consumed = in.size()};
}

void ChatIntake::undo() noexcept {
  telnet_ = telnet_before_;
  if (std::exchange(returned_, false)) held_.resize(held_before_);
}

ChatIntake::Step ChatIntake::finish() {
  if (returned_ || skipping_ || held_.empty()) return {};
  returned_ = true;
  return {.kind = Kind::line, .line = without_cr(held_)};
}

bool ChatIntake::hold(std::string_view bytes, std::size_t limit) {
  // A carriage return may be part of the line's end, so it counts only when more bytes follow.
  const std::size_t size = held_.size() + bytes.size();
  const bool ends_in_cr = bytes.empty() ? held_.ends_with('\r') : bytes.ends_with('\r');
  if (size - (ends_in_cr ? 1 : 0) <= limit) {
    held_ += bytes;
    return true;
  }
  held_.clear();
  return false;
}

}  // namespace sluice
