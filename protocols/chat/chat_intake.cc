#include "chat_intake.h"

#include <utility>

#include "../codec/find_byte.h"

namespace sluice {
namespace {

constexpr std::byte kLineFeed{'\n'};
constexpr std::size_t kKeptCapacity = 256;  // of an empty buffer: a silent member holds no more

std::string_view without_return(std::string_view line) noexcept {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

ChatIntake::Step ChatIntake::next(std::span<const std::byte> in, std::size_t limit) {
  if (std::exchange(given_, false)) {
    held_.clear();
    if (held_.capacity() > kKeptCapacity) held_.shrink_to_fit();
  }
  held_before_ = held_.size();
  telnet_before_ = telnet_;
  const std::size_t end = find_byte(in, kLineFeed);
  const auto line = in.first(end);
  // A line feed may belong to a command, but only behind the 0xFF that begins it.
  if (!telnet_.idle() || find_byte(line, TelnetFilter::kIac) < line.size()) {
    return next_filtered(in, limit);
  }
  const std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
  const bool ended = end < in.size();
  const std::size_t taken = ended ? end + 1 : end;
  if (skipping_) {
    skipping_ = !ended;
    return {.kind = Kind::none, .line = {}, .taken = taken};
  }
  if (ended && held_.empty()) {
    const std::string_view whole = without_return(text);
    if (whole.size() > limit) return {.kind = Kind::too_long, .line = {}, .taken = taken};
    return {.kind = Kind::line, .line = whole, .taken = taken};
  }
  if (hold(text, limit)) {
    skipping_ = !ended;
    return {.kind = Kind::too_long, .line = {}, .taken = taken};
  }
  if (!ended) return {.kind = Kind::none, .line = {}, .taken = taken};
  given_ = true;
  return {.kind = Kind::line, .line = without_return(held_), .taken = taken};
}

ChatIntake::Step ChatIntake::next_filtered(std::span<const std::byte> in, std::size_t limit) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!telnet_.pass(in[i])) continue;
    if (in[i] != kLineFeed) {
      const char c = static_cast<char>(in[i]);
      if (skipping_ || !hold({&c, 1}, limit)) continue;
      skipping_ = true;
      return {.kind = Kind::too_long, .line = {}, .taken = i + 1};
    }
    if (std::exchange(skipping_, false)) return {.kind = Kind::none, .line = {}, .taken = i + 1};
    given_ = true;
    return {.kind = Kind::line, .line = without_return(held_), .taken = i + 1};
  }
  return {.kind = Kind::none, .line = {}, .taken = in.size()};
}

void ChatIntake::undo() noexcept {
  telnet_ = telnet_before_;
  if (std::exchange(given_, false)) held_.resize(held_before_);
}

ChatIntake::Step ChatIntake::last() {
  if (given_ || skipping_ || held_.empty()) return {};
  given_ = true;
  return {.kind = Kind::line, .line = without_return(held_)};
}

bool ChatIntake::hold(std::string_view bytes, std::size_t limit) {
  // A carriage return may turn out to be part of the end, and does not count until more follows.
  const std::size_t size = held_.size() + bytes.size();
  const bool returned = bytes.empty() ? held_.ends_with('\r') : bytes.ends_with('\r');
  if (size - (returned ? 1 : 0) <= limit) {
    held_ += bytes;
    return false;
  }
  held_.clear();
  return true;
}

}  // namespace sluice
