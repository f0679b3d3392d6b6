// Reads UTF-8 a character at a time, knows which characters do not show, and checks UTF-8 that
// arrives in pieces, which may end inside a character.
//
// What it is: functions of bytes and of characters, for text from peers that is about to reach a
// terminal, a log or a file name; and a check of two words of state, which finds an invalid byte as
// soon as it arrives, not at the end.
// Thread: functions may be called on any; Utf8Stream is a plain value. Errors: none.
// Source: RFC 3629; The Unicode Standard 15.0, table 3-7 and section 3.9 ("substitution of maximal
// subparts"), and the property Default_Ignorable_Code_Point of DerivedCoreProperties.txt.
#ifndef SLUICE_REACTOR_BASE_TEXT_UTF8_H
#define SLUICE_REACTOR_BASE_TEXT_UTF8_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice {

struct Utf8Character {
  enum class Kind : std::uint8_t {
    whole,
    cut,      // the text ends inside it
    invalid,  // includes overlong forms, surrogates, and characters above U+10FFFF
  };

  char32_t value = 0;    // of a whole one
  std::size_t size = 0;  // bytes; of one that is not whole, those that could have begun it, 1 to 3
  Kind kind = Kind::invalid;
};

// The character that `text` begins with. REQUIRES: `text` is not empty.
[[nodiscard]] Utf8Character first_character(std::string_view text) noexcept;

// U+0000 to U+001F, U+007F, and U+0080 to U+009F, which terminals obey too.
[[nodiscard]] bool is_control(char32_t character) noexcept;

// Whether a reader cannot see the character: it has no width, or it only changes how its neighbours
// look. This includes the controls of the direction, the separators U+2028 and U+2029, and what
// is_shaping() has. Spaces are visible, because they take up room.
[[nodiscard]] bool is_invisible(char32_t character) noexcept;

// The invisible characters without which some languages cannot be written, nor emoji be composed:
// joiners (U+200C, U+200D), variation selectors, and the marks of direction (U+061C, U+200E,
// U+200F), which order no text but their own place in it.
[[nodiscard]] bool is_shaping(char32_t character) noexcept;

// The bytes that may follow the first one of a character: their number, and the range of the first
// of them; the others are in 80..BF. The size is 0 if the first byte of the character is invalid,
// or is a character by itself.
struct Utf8Tail {
  std::size_t size;
  unsigned char from;
  unsigned char to;
};

class Utf8Stream {
 public:
  // Whether the text may still be valid. REQUIRES: not called after it returned false.
  [[nodiscard]] bool feed(std::span<const std::byte> bytes) noexcept;
  // The text does not end inside a character.
  [[nodiscard]] bool is_whole() const noexcept { return next_.size == 0; }

 private:
  Utf8Tail next_{0, 0, 0};  // the bytes that are missing of the last character
};

[[nodiscard]] bool is_utf8(std::span<const std::byte> text) noexcept;

}  // namespace sluice

#endif
