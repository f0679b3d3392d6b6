// The bytes that may follow the first one of a character in UTF-8. Only for utf8*.cc.
//
// Source: The Unicode Standard 15.0, table 3-7.
#ifndef SLUICE_REACTOR_BASE_UTF8_TAIL_H
#define SLUICE_REACTOR_BASE_UTF8_TAIL_H

#include <cstddef>

namespace sluice {

// Their number, and the range of the first of them; the others are in 80..BF. The size is 0 if the
// first byte of the character is invalid, or is a character by itself.
struct Utf8Tail {
  std::size_t size;
  unsigned char from;
  unsigned char to;
};

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

}  // namespace sluice

#endif
