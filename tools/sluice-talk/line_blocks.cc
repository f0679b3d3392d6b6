#include "line_blocks.h"

#include <algorithm>

namespace sluice::tools::talk {
namespace {

// Appends `lines` without each CR before an LF.
void append_without_cr(std::string& to, std::string_view lines) {
  for (std::size_t cr = lines.find('\r'); cr != lines.npos; cr = lines.find('\r', 1)) {
    to += lines.substr(0, cr);
    lines.remove_prefix(cr);
    if (lines[1] != '\n') continue;  // an LF is the last byte of `lines`
    lines.remove_prefix(1);
  }
  to += lines;
}

}  // namespace

std::size_t count_lines(std::string_view text) noexcept {
  // Of a fixed size, so that the compiler counts many at once.
  constexpr std::size_t kAtOnce = 64;
  std::size_t count = 0;
  for (; text.size() >= kAtOnce; text.remove_prefix(kAtOnce)) {
    std::uint8_t here = 0;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      here = static_cast<std::uint8_t>(here + (text[i] == '\n' ? 1 : 0));
    }
    count += here;
  }
  return count + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

CodecError LineBlocks::too_long() const {
  CodecError error{.fault = CodecFault::too_long};
  error.offset = position_ + limit_;
  error.allowed = limit_;
  return error;
}

LineBlocks::Block LineBlocks::next(std::string_view in) {
  const std::size_t last = in.substr(scanned_).rfind('\n');
  if (last == in.npos) {
    scanned_ = in.size();
    // The longest line has a CR and an LF more.
    if (in.size() > limit_ && (in.size() > limit_ + 1 || in[limit_] != '\r')) {
      return {.error = too_long()};
    }
    return {};
  }
  const std::size_t end = scanned_ + last + 1;
  if (end > limit_) {  // only the first line can have waited for so many bytes
    const std::size_t feed = in.find('\n');
    if (feed - (feed > 0 && in[feed - 1] == '\r' ? 1 : 0) > limit_) return {.error = too_long()};
  }
  scanned_ = in.size() - end;
  position_ += end;
  const std::string_view lines = in.substr(0, end);
  if (lines.find('\r') == lines.npos) return {lines, end, {}};
  without_cr_.clear();
  append_without_cr(without_cr_, lines);
  return {without_cr_, end, {}};
}

}  // namespace sluice::tools::talk
