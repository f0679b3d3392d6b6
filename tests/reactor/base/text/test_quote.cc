// Text from strangers in one line: which characters are escaped, which are kept, where it is cut.
// Bytes as text: base64.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/base/text/quote.h"
#include "support/text.h"

using sluice::base64;
using sluice::escape;
using sluice::escape_prose;
using sluice::quote;
using sluice::test::utf8_of;
using namespace std::string_literals;

namespace {

constexpr std::size_t kEnough = 1000;

void expect_escaped(std::string_view text, std::string_view wanted) {
  const std::string got = escape(text, kEnough);
  cr_expect(got == wanted, "escaped to %s instead of %s", got.c_str(), std::string(wanted).c_str());
}

}  // namespace

Test(quote, escapes_control_characters) {
  expect_escaped("one\ntwo\r\x1b[31m\x7f", R"(one\x0atwo\x0d\x1b[31m\x7f)");
  expect_escaped("nul\0byte"s, R"(nul\x00byte)");
  expect_escaped("C1: \xC2\x9B ends", R"(C1: \xc2\x9b ends)");
}

Test(quote, keeps_valid_utf_8) {
  expect_escaped("0–65535, ü, €, 😀, \xC2\xA0", "0–65535, ü, €, 😀, \xC2\xA0");
  expect_escaped(R"(a \ stays)", R"(a \ stays)");
}

Test(quote, escapes_invisible_characters) {
  expect_escaped("exe" + utf8_of(0x202E) + "txt.sh", R"(exe\xe2\x80\xaetxt.sh)");
  expect_escaped(utf8_of(0x2066) + "a" + utf8_of(0x2069), R"(\xe2\x81\xa6a\xe2\x81\xa9)");
  expect_escaped("one" + utf8_of(0x2028) + "two" + utf8_of(0x2029),
                 R"(one\xe2\x80\xa8two\xe2\x80\xa9)");
  expect_escaped("a" + utf8_of(0x200B) + "b", R"(a\xe2\x80\x8bb)");
  expect_escaped("a" + utf8_of(0x200D) + "b", R"(a\xe2\x80\x8db)");
  expect_escaped(utf8_of(0xFEFF) + "a", R"(\xef\xbb\xbfa)");
  expect_escaped("a" + utf8_of(0xE0041), R"(a\xf3\xa0\x81\x81)");
}

Test(quote, keeps_joiners_in_prose_and_escapes_what_hides_text_or_changes_its_direction) {
  const std::string family = utf8_of(0x1F469) + utf8_of(0x200D) + utf8_of(0x1F680);
  cr_expect(escape_prose(family) == family);
  cr_expect(escape_prose("a" + utf8_of(0x202E) + utf8_of(0x200B) + "b") ==
            R"(a\xe2\x80\xae\xe2\x80\x8bb)");
  cr_expect(escape_prose("\x1b[2J\t\xff\xe2\x80") == R"(\x1b[2J\x09\xff\xe2\x80)");
  cr_expect(escape_prose("").empty());
}

Test(quote, escapes_bytes_that_are_not_utf_8) {
  expect_escaped("\x9B", R"(\x9b)");
  expect_escaped("\xC0\x8A", R"(\xc0\x8a)");          // overlong newline
  expect_escaped("\xE0\x80\x8A", R"(\xe0\x80\x8a)");  // the same in three
  expect_escaped("\xF0\x80\x80\x8A", R"(\xf0\x80\x80\x8a)");
  expect_escaped("\xED\xA0\x80", R"(\xed\xa0\x80)");          // a surrogate
  expect_escaped("\xF4\x90\x80\x80", R"(\xf4\x90\x80\x80)");  // beyond Unicode
  expect_escaped("cut \xE2\x80", R"(cut \xe2\x80)");
  expect_escaped("\xFF", R"(\xff)");
}

Test(quote, cuts_a_long_text_between_characters) {
  cr_expect(escape("12345678", 8) == "12345678");
  cr_expect(escape("123456789", 8) == "12345...");
  cr_expect(escape("1234ü6789", 8) == "1234...");
  cr_expect(escape("\n\n\n", 8) == "\\x0a...");
  cr_expect(escape("1234567\n", 8) == "12345...");
  for (std::size_t limit = 3; limit < 40; ++limit) {
    cr_expect(escape(std::string(50, '\x01'), limit).size() <= limit);
    cr_expect(escape(std::string(50, 'x'), limit).size() == limit);
  }
}

Test(quote, quotes_a_text_and_limits_its_length) {
  cr_expect(quote("a\tb") == "\"a\\x09b\"");
  cr_expect(quote(std::string(1000, 'x')).size() == sluice::kMaxQuoted + 2);
}

Test(quote, base64_is_as_in_rfc_4648) {
  const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  cr_expect(encoded("") == "");
  cr_expect(encoded("f") == "Zg==");
  cr_expect(encoded("fo") == "Zm8=");
  cr_expect(encoded("foo") == "Zm9v");
  cr_expect(encoded("foobar") == "Zm9vYmFy");
  cr_expect(encoded("\xfb\xff\xbf") == "+/+/");
}
