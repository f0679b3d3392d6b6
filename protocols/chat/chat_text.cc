#include "chat_text.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

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

// The bytes of a character after the first (Unicode section 3.9, table 3-7): their number, and the
// range of the first of them. The others are in 80..BF. The size is 0 if the first byte is invalid.
struct Tail {
  std::size_t size;
  unsigned char from;
  unsigned char to;
};

constexpr Tail tail_of(unsigned char first) noexcept {
  if (first >= 0xC2 && first <= 0xDF) return {1, 0x80, 0xBF};
  if (first == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
  if (first == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
  if (first >= 0xE1 && first <= 0xEF) return {2, 0x80, 0xBF};
  if (first == 0xF0) return {3, 0x90, 0xBF};  // below: overlong
  if (first >= 0xF1 && first <= 0xF3) return {3, 0x80, 0xBF};
  if (first == 0xF4) return {3, 0x80, 0x8F};  // above: more than U+10FFFF
  return {0, 0, 0};
}

bool is_safe(std::uint32_t character) noexcept {
  if (character >= 0x80 && character <= 0x9F) return false;
  if (character >= 0x2028 && character <= 0x202E) return false;
  return character < 0x2066 || character > 0x2069;
}

// Appends the character at `at`, which is not printable ASCII. Returns its size in `text`.
std::size_t append_one(std::string& to, std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first == '\t') {
    to += ' ';
    return 1;
  }
  const Tail tail = tail_of(first);
  std::uint32_t character = first & (0x3FU >> tail.size);
  std::size_t size = 1;
  for (; size <= tail.size && at + size < text.size(); ++size) {
    const auto next = static_cast<unsigned char>(text[at + size]);
    const bool valid = size == 1 ? next >= tail.from && next <= tail.to : (next & 0xC0) == 0x80;
    if (!valid) break;
    character = character << 6 | (next & 0x3FU);
  }
  const bool whole = tail.size > 0 && size == tail.size + 1;
  to += whole && is_safe(character) ? text.substr(at, size) : kReplacement;
  return size;
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
