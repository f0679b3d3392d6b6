// UTF-8 characters: where one ends, and whether it is visible.
#include <cstddef>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/base/utf8.h"
#include "support/text.h"

using sluice::first_character;
using sluice::is_control;
using sluice::is_invisible;
using sluice::is_shaping;
using sluice::Utf8Character;
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
