// UTF-8 in pieces: valid or not wherever it is cut, and judged at the first wrong byte.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "reactor/base/utf8.h"
#include "reactor/base/utf8_stream.h"

using sluice::first_character;
using sluice::is_utf8;
using sluice::Utf8Character;
using sluice::Utf8Stream;

namespace {

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
