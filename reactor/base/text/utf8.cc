#include "utf8.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sluice {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kInvisible[] = {
    {0x00AD, 0x00AD},    // soft hyphen
    {0x034F, 0x034F},    // combining grapheme joiner
    {0x061C, 0x061C},    // Arabic letter mark
    {0x115F, 0x1160},    // Hangul fillers
    {0x17B4, 0x17B5},    // Khmer inherent vowels
    {0x180B, 0x180F},    // Mongolian variation selectors
    {0x200B, 0x200F},    // zero-width space and joiners, marks of direction
    {0x2028, 0x202E},    // separators of lines and paragraphs, controls of direction
    {0x2060, 0x206F},    // word joiner, invisible operators, isolates, deprecated controls
    {0x3164, 0x3164},    // Hangul filler
    {0xFE00, 0xFE0F},    // variation selectors
    {0xFEFF, 0xFEFF},    // zero-width no-break space, the byte-order mark
    {0xFFA0, 0xFFA0},    // halfwidth Hangul filler
    {0xFFF0, 0xFFFB},    // reserved, interlinear annotation
    {0xFFFE, 0xFFFF},    // not characters
    {0x1BCA0, 0x1BCA3},  // shorthand format controls
    {0x1D173, 0x1D17A},  // musical format controls
    {0xE0000, 0xE0FFF},  // tags, more variation selectors, reserved
};

constexpr Range kShaping[] = {
    {0x061C, 0x061C}, {0x180B, 0x180F}, {0x200C, 0x200F}, {0xFE00, 0xFE0F}, {0xE0100, 0xE01EF},
};

template <std::size_t kSize>
bool is_in(const Range (&ranges)[kSize], char32_t character) noexcept {
  const auto* const range =
      std::lower_bound(std::begin(ranges), std::end(ranges), character,
                       [](const Range& each, char32_t value) { return each.last < value; });
  return range != std::end(ranges) && range->first <= character;
}

constexpr Utf8Tail utf8_tail_of(unsigned char first) noexcept {
  if (first >= 0xC2 && first <= 0xDF) return {1, 0x80, 0xBF};
  if (first == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
  if (first == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
  if (first >= 0xE1 && first <= 0xEF) return {2, 0x80, 0xBF};
  if (first == 0xF0) return {3, 0x90, 0xBF};  // below: overlong
  if (first >= 0xF1 && first <= 0xF3) return {3, 0x80, 0xBF};
  if (first == 0xF4) return {3, 0x80, 0x8F};  // above: more than U+10FFFF
  return {0, 0, 0};
}

// The number of bytes of ASCII at the beginning, in steps of a word.
std::size_t ascii_words(std::span<const std::byte> bytes) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

Utf8Character first_character(std::string_view text) noexcept {
  using Kind = Utf8Character::Kind;
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {.value = first, .size = 1, .kind = Kind::whole};
  const Utf8Tail tail = utf8_tail_of(first);
  if (tail.size == 0) return {.value = 0, .size = 1, .kind = Kind::invalid};
  char32_t value = first & (0x3FU >> tail.size);
  for (std::size_t size = 1; size <= tail.size; ++size) {
    if (size == text.size()) return {.value = 0, .size = size, .kind = Kind::cut};
    const auto next = static_cast<unsigned char>(text[size]);
    const bool valid = size == 1 ? next >= tail.from && next <= tail.to : (next & 0xC0U) == 0x80;
    if (!valid) return {.value = 0, .size = size, .kind = Kind::invalid};
    value = value << 6U | (next & 0x3FU);
  }
  return {.value = value, .size = tail.size + 1, .kind = Kind::whole};
}

bool is_control(char32_t character) noexcept {
  return character < 0x20 || (character >= 0x7F && character <= 0x9F);
}

bool is_invisible(char32_t character) noexcept { return is_in(kInvisible, character); }

bool is_shaping(char32_t character) noexcept { return is_in(kShaping, character); }

bool Utf8Stream::feed(std::span<const std::byte> bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (next_.size != 0) {
      if (byte < next_.from || byte > next_.to) return false;
      next_ = {next_.size - 1, 0x80, 0xBF};
      ++at;
    } else if (byte >= 0x80) {
      next_ = utf8_tail_of(byte);
      if (next_.size == 0) return false;
      ++at;
    } else {
      const std::size_t words = ascii_words(bytes.subspan(at));
      at += words == 0 ? 1 : words;
    }
  }
  return true;
}

bool is_utf8(std::span<const std::byte> text) noexcept {
  Utf8Stream stream;
  return stream.feed(text) && stream.is_whole();
}

}  // namespace sluice
