// Lines for the terminals of other members: what is kept, and what is replaced.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/base/text/utf8.h"
#include "support/text.h"
#include <sluice/chat_text.h>

using sluice::append_chat_text;
using sluice::is_invisible;
using sluice::is_shaping;
using sluice::test::every_byte;
using sluice::test::utf8_of;

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string shown(std::string_view line) {
  std::string text;
  append_chat_text(text, line);
  return text;
}

struct Vector {
  std::string_view bytes;
  std::string_view text;
};

// The results of Python 3.11's bytes.decode("utf-8", "replace").
constexpr Vector kVectors[] = {
    {"", ""},
    {"plain text", "plain text"},
    {"\xC3\xA9", "\xC3\xA9"},
    {"a\xCC\x81", "a\xCC\x81"},
    {"\xE4\xBD\xA0\xE5\xA5\xBD", "\xE4\xBD\xA0\xE5\xA5\xBD"},
    {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
     "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"},
    {"\xFF", "\xEF\xBF\xBD"},
    {"\xFE\xFF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\x80", "\xEF\xBF\xBD"},
    {"\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC1\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xE0\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xE0\x9F\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\x9F\xBF", "\xED\x9F\xBF"},
    {"\xEE\x80\x80", "\xEE\x80\x80"},
    {"\xF0\x80\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF0\x8F\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
    {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF5\x80\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xF8\x88\x80\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC3", "\xEF\xBF\xBD"},
    {"\xE2\x82", "\xEF\xBF\xBD"},
    {"\xF0\x9F\x98", "\xEF\xBF\xBD"},
    {"\xF0\x9F", "\xEF\xBF\xBD"},
    {"x\xE2\x82y", "x\xEF\xBF\xBDy"},
    {"x\xF0\x9F\x98y", "x\xEF\xBF\xBDy"},
    {"\xE2\x82\xE2\x82\xAC", "\xEF\xBF\xBD\xE2\x82\xAC"},
    {"\xF1\x80\xC3\xA9", "\xEF\xBF\xBD\xC3\xA9"},
    {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
     "A",
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
     "A"},
    {"a\xF1\x80\x80\xE1\x80\xC2"
     "b\x80"
     "c\x80\xBF"
     "d",
     "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
     "b\xEF\xBF\xBD"
     "c\xEF\xBF\xBD\xEF\xBF\xBD"
     "d"},
    {"12345678\xFF"
     "12345678",
     "12345678\xEF\xBF\xBD"
     "12345678"},
    {"1234567\xC3\xA9", "1234567\xC3\xA9"},
    {"\xEF\xBF\xBC\xEF\xBF\xBD", "\xEF\xBF\xBC\xEF\xBF\xBD"},
    {"\xF0\x9F\x87\xE9", "\xEF\xBF\xBD\xEF\xBF\xBD"},
};

}  // namespace

Test(chat_text, decodes_as_another_decoder_does) {
  for (const Vector& vector : kVectors) {
    cr_expect(shown(vector.bytes) == vector.text, "vector %zu",
              static_cast<std::size_t>(&vector - kVectors));
  }
}

Test(chat_text, decodes_alike_at_every_position) {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string padding(before, 'p');
    for (const Vector& vector : kVectors) {
      const std::string line = padding + std::string(vector.bytes) + " rest of it";
      cr_assert(shown(line) == padding + std::string(vector.text) + " rest of it", "after %zu",
                before);
    }
  }
}

Test(chat_text, keeps_printable_ascii_of_any_length) {
  std::string printable;
  for (char c = ' '; c <= '~'; ++c) printable += c;
  for (std::size_t size = 0; size <= printable.size(); ++size) {
    cr_expect(shown(printable.substr(0, size)) == printable.substr(0, size));
  }
}

Test(chat_text, appends_to_the_string) {
  std::string text = "<ann> ";
  append_chat_text(text, "hi");
  cr_expect(text == "<ann> hi");
}

Test(chat_text, replaces_each_control_character_at_every_position) {
  for (std::size_t place = 0; place < 20; ++place) {
    for (int value = 0; value < 0x80; ++value) {
      std::string line(20, 'x');
      line[place] = static_cast<char>(value);
      const bool control = value < 0x20 || value == 0x7F;
      std::string want = line;
      if (value == '\t') {
        want[place] = ' ';
      } else if (control) {
        want.replace(place, 1, kReplacement);
      }
      cr_assert(shown(line) == want, "byte %d at %zu", value, place);
    }
  }
}

Test(chat_text, keeps_no_escape_sequence) {
  cr_expect(shown("\x1b[31mred") == std::string(kReplacement) + "[31mred");
  cr_expect(shown("\xc2\x9b"
                  "31mred") == std::string(kReplacement) + "31mred");
  cr_expect(shown("\x9b"
                  "31mred") == std::string(kReplacement) + "31mred");
}

Test(chat_text, replaces_exactly_the_documented_characters) {
  for (char32_t c = 0x80; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const bool replaced = c <= 0x9F || (is_invisible(c) && !is_shaping(c));
    const std::string whole = utf8_of(c);
    cr_assert(shown(whole) == (replaced ? std::string(kReplacement) : whole), "U+%04X",
              static_cast<unsigned>(c));
  }
}

Test(chat_text, replaces_what_hides_text_or_turns_its_direction) {
  for (const char32_t c : {0x202E, 0x2066, 0x2069, 0x2028, 0x2029, 0x200B, 0x2060, 0xFEFF, 0x00AD,
                           0x3164, 0xFFF9, 0xE0041}) {
    cr_expect(shown("a" + utf8_of(c) + "b") == "a" + std::string(kReplacement) + "b", "U+%04X",
              static_cast<unsigned>(c));
  }
}

Test(chat_text, keeps_what_languages_and_emoji_are_written_with) {
  for (const char32_t c : {0x200C, 0x200D, 0x200E, 0x200F, 0x061C, 0xFE0F, 0x180B}) {
    cr_expect(shown("a" + utf8_of(c) + "b") == "a" + utf8_of(c) + "b", "U+%04X",
              static_cast<unsigned>(c));
  }
}

Test(chat_text, keeps_no_control_byte_of_any_input) {
  std::string flood;
  for (std::size_t i = 0; i < 100'000; ++i) flood += static_cast<char>(i * 2654435761U >> 13);
  const std::string text = shown(flood + every_byte());
  cr_expect(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }));
  cr_expect(shown(text) == text, "what has passed passes again");
  cr_expect(text.size() <= 3 * (flood.size() + 256));
}
