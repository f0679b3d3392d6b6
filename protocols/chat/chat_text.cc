#include "chat_text.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../../reactor/base/text/utf8.h"

namespace sluice {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Whether each of eight bytes is in 0x20..0x7E. Each byte is a separate lane: the additions use
// only seven bits of each byte, so none carries into the next lane.
bool all_plain(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x80 * kOnes;
  const std::uint64_t low_bits = bytes & ~kHigh;
  const std::uint64_t from_space = low_bits + (0x80 - 0x20) * kOnes;  // high bit: at least ' '
  const std::uint64_t is_delete = low_bits + kOnes;                   // high bit: 0x7F
  return (from_space & ~is_delete & ~bytes & kHigh) == kHigh;
}

constexpr bool is_plain(unsigned char c) noexcept { return c >= 0x20 && c < 0x7F; }

// The number of printable ASCII bytes in `text` from `from` on, up to the first other byte.
std::size_t plain_run(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from;
  std::uint64_t eight = 0;
  for (; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (!all_plain(eight)) break;
  }
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
  return at - from;
}

bool is_safe(char32_t character) noexcept {
  return !is_control(character) && (!is_invisible(character) || is_shaping(character));
}

// Appends the character at `at`, which is not printable ASCII. Returns its size in `text`.
std::size_t append_one(std::string& to, std::string_view text, std::size_t at) {
  if (text[at] == '\t') {
    to += ' ';
    return 1;
  }
  const Utf8Character character = first_character(text.substr(at));
  const bool whole = character.kind == Utf8Character::Kind::whole;
  to += whole && is_safe(character.value) ? text.substr(at, character.size) : kReplacement;
  return character.size;
}

}  // namespace

void append_chat_text(std::string& to, std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t plain = plain_run(line, at);
    to.append(line.data() + at, plain);
    at += plain;
    if (at < line.size()) at += append_one(to, line, at);
  }
}

}  // namespace sluice
