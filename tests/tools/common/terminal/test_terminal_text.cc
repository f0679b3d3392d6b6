// Text for a terminal: what stays, what is escaped, and that it does not matter how it is cut.
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/text.h"
#include "tools/common/terminal/terminal_text.h"

using sluice::test::every_byte;
using sluice::test::utf8_of;
using sluice::tools::harmless;
using sluice::tools::TerminalText;

namespace {

std::string in_pieces(std::string_view text, std::size_t size) {
  TerminalText shown;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) out += shown.add(text.substr(at, size));
  return out + shown.finish();
}

}  // namespace

Test(terminal_text, keeps_tabs_newlines_letters_and_emoji) {
  cr_expect(harmless("a\tb\nc") == "a\tb\nc");
  cr_expect(harmless("h\xc3\xb6\r\nx\r") == "h\xc3\xb6\nx\\x0d");
  const std::string emoji = utf8_of(0x2764) + utf8_of(0xFE0F) + utf8_of(0x200D) + utf8_of(0x1F525);
  cr_expect(harmless(emoji) == emoji);
  cr_expect(harmless("").empty());
}

Test(terminal_text, escapes_what_a_terminal_obeys_and_what_does_not_show) {
  cr_expect(harmless("\x1b]0;title\x07") == R"(\x1b]0;title\x07)");
  cr_expect(harmless("\xc2\x9b"
                     "31m") == R"(\xc2\x9b31m)");
  cr_expect(harmless("a" + utf8_of(0x202E) + "b" + utf8_of(0x200B)) ==
            R"(a\xe2\x80\xaeb\xe2\x80\x8b)");
  cr_expect(harmless(std::string(10'000, '\x01')).size() == 40'000);
}

Test(terminal_text, shows_the_same_however_it_is_cut) {
  const std::string text = "line\r\n" + utf8_of(0xF6) + utf8_of(0x20AC) + utf8_of(0x1F680) +
                           "\xe2\x82x\r\r\n\xf0\x9f" + every_byte() + utf8_of(0x202E) + "\xe2\x82";
  for (std::size_t size = 1; size < text.size(); ++size) {
    cr_expect(in_pieces(text, size) == harmless(text), "in pieces of %zu", size);
  }
}

Test(terminal_text, shows_whole_characters_at_once) {
  TerminalText shown;
  cr_expect(shown.add("prompt> ") == "prompt> ");
  cr_expect(shown.add("\xe2\x82").empty());
  cr_expect(shown.add("\xac") == utf8_of(0x20AC));
  cr_expect(shown.finish().empty());
}
