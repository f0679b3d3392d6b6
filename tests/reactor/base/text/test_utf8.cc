// UTF-8 characters: where one ends, and whether it is visible. UTF-8 in pieces: valid or not
// wherever it is cut, and judged at the first wrong byte.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/base/text/utf8.h"
#include "support/text.h"

using sluice::first_character;
using sluice::is_control;
using sluice::is_invisible;
using sluice::is_shaping;
using sluice::is_utf8;
using sluice::Utf8Character;
using sluice::Utf8Stream;
using sluice::test::utf8_of;
using Kind = sluice::Utf8Character::Kind;

namespace {

void expect_first(std::string_view text, Kind kind, std::size_t size, char32_t value = 0) {
  const Utf8Character got = first_character(text);
  cr_expect(got.kind == kind && got.size == size && got.value == value,
            "kind %d, %zu bytes, U+%04X instead of kind %d, %zu bytes, U+%04X",
            static_cast<int>(got.kind), got.size, static_cast<unsigned>(got.value),
            static_cast<int>(kind), size, static_cast<unsigned>(value));
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The number of bytes before the first one that is rejected; npos if none is.
std::size_t rejected_at(std::string_view text) {
  Utf8Stream stream;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!stream.feed(bytes_of(text.substr(at, 1)))) return at;
  }
  return text.npos;
}

// By the other reader of UTF-8.
bool is_valid(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (next.kind != Utf8Character::Kind::whole) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

}  // namespace

Test(utf8, reads_every_character) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = utf8_of(c);
    const Utf8Character got = first_character(text + "x");
    cr_assert(got.kind == Kind::whole && got.size == text.size() && got.value == c, "U+%04X",
              static_cast<unsigned>(c));
  }
}

Test(utf8, a_surrogate_an_overlong_form_and_a_lone_byte_are_invalid) {
  expect_first("\xED\xA0\x80", Kind::invalid, 1);
  expect_first("\xC0\x8A", Kind::invalid, 1);
  expect_first("\xE0\x80\x8A", Kind::invalid, 1);
  expect_first("\xF0\x80\x80\x8A", Kind::invalid, 1);
  expect_first("\xF4\x90\x80\x80", Kind::invalid, 1);
  expect_first("\x80", Kind::invalid, 1);
  expect_first("\xFF", Kind::invalid, 1);
}

Test(utf8, a_character_that_another_byte_interrupts_is_invalid_up_to_that_byte) {
  expect_first("\xE2\x82x", Kind::invalid, 2);
  expect_first("\xF0\x9F\x98x", Kind::invalid, 3);
}

Test(utf8, a_character_that_the_end_of_the_text_interrupts_is_incomplete) {
  expect_first("\xC3", Kind::cut, 1);
  expect_first("\xE2\x82", Kind::cut, 2);
  expect_first("\xF0\x9F\x98", Kind::cut, 3);
}

Test(utf8, control_characters_are_those_of_c0_and_c1) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    cr_assert(is_control(c) == (c < 0x20 || c == 0x7F || (c >= 0x80 && c <= 0x9F)));
  }
}

Test(utf8, direction_controls_separators_and_characters_without_width_are_invisible) {
  for (const char32_t c :
       {0x00AD, 0x034F, 0x061C,  0x115F,  0x180E,  0x200B,  0x200C,  0x200D, 0x200E, 0x200F, 0x2028,
        0x2029, 0x202A, 0x202B,  0x202C,  0x202D,  0x202E,  0x2060,  0x2061, 0x2064, 0x2066, 0x2067,
        0x2068, 0x2069, 0x206A,  0x206F,  0x3164,  0xFE00,  0xFE0F,  0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB,
        0xFFFE, 0xFFFF, 0x1D173, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xE01EF}) {
    cr_expect(is_invisible(c), "U+%04X", static_cast<unsigned>(c));
  }
}

Test(utf8, letters_marks_spaces_and_emoji_are_visible) {
  for (const char32_t c : {0x0020, 0x007E, 0x00A0, 0x00AC, 0x00AE, 0x0301, 0x05D0,  0x0627,  0x0E01,
                           0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0x3000,  0x3163,  0x4F60,
                           0xAC00, 0xE000, 0xFE10, 0xFF9F, 0xFFFC, 0xFFFD, 0x1F680, 0x10FFFD}) {
    cr_expect(!is_invisible(c), "U+%04X", static_cast<unsigned>(c));
  }
}

Test(utf8, characters_that_shape_their_neighbours_are_invisible_too) {
  for (const char32_t c : {0x061C, 0x200C, 0x200D, 0x200E, 0x200F, 0x180B, 0xFE0F, 0xE0100}) {
    cr_expect(is_shaping(c), "U+%04X", static_cast<unsigned>(c));
  }
  for (char32_t c = 0; c <= 0x10FFFF; ++c) cr_assert(!is_shaping(c) || is_invisible(c));
  for (const char32_t c : {0x200B, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xE0041}) {
    cr_expect(!is_shaping(c), "U+%04X", static_cast<unsigned>(c));
  }
}

Test(utf8_stream, accepts_what_unicode_has) {
  for (const std::string_view text :
       {"", "a", "0123456789abcdef0123456789", "\u00e9", "\u20ac", "\U0001F600", "\U0010FFFF",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "0123456789\u03ba\u1f79\u03c3"}) {
    cr_expect(is_utf8(bytes_of(text)), "%s", std::string(text).c_str());
  }
}

Test(utf8_stream, rejects_overlong_forms_surrogates_and_what_is_above_unicode) {
  for (const std::string_view text :
       {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF",
        "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF", "\xFE", "\x80", "\xC3(", "abcdefghijklmnop\xBF"}) {
    cr_expect(!is_utf8(bytes_of(text)), "%zu bytes", text.size());
  }
}

Test(utf8_stream, rejects_a_text_that_ends_inside_a_character) {
  for (const std::string_view text : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "abc\xF4"}) {
    Utf8Stream stream;
    cr_expect(stream.feed(bytes_of(text)));
    cr_expect(!stream.is_whole());
    cr_expect(!is_utf8(bytes_of(text)));
  }
}

Test(utf8_stream, rejects_the_first_byte_that_cannot_belong_to_a_text) {
  cr_expect(rejected_at("ab\xFF") == 2);
  cr_expect(rejected_at("\xED\xA0\x80") == 1);
  cr_expect(rejected_at("\xF4\x90") == 1);
  cr_expect(rejected_at("\xE2\x82z") == 2);
  cr_expect(rejected_at("\xC3\xA9\x80") == 2);
}

Test(utf8_stream, agrees_with_the_reader_of_characters_on_every_two_bytes) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      std::string text = "\xE2\x82\xAC";
      text += static_cast<char>(first);
      text += static_cast<char>(second);
      text += "\x80\xBFz";
      cr_assert(is_utf8(bytes_of(text)) == is_valid(text), "%02X %02X", first, second);
      text.resize(5);
      cr_assert(is_utf8(bytes_of(text)) == is_valid(text), "%02X %02X", first, second);
    }
  }
}

Test(utf8_stream, gives_the_same_result_wherever_the_text_is_cut) {
  const std::string text = "0123456789\u03ba\u1f79\u03c3\U0001F600 and more of it\u00e9";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Stream stream;
    cr_expect(stream.feed(bytes_of(text).first(cut)));
    cr_expect(stream.feed(bytes_of(text).subspan(cut)));
    cr_expect(stream.is_whole());
  }
}
