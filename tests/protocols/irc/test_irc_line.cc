// The lines of IRC: their parts, and how they are written.
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/irc/irc_line.h"

using namespace sluice;

namespace {

std::string written(std::string_view source, std::string_view command,
                    std::initializer_list<std::string_view> params) {
  std::string line;
  append_irc_line(line, source, command, params);
  return line;
}

std::string cleaned(std::string_view text) {
  std::string result;
  append_irc_text(result, text);
  return result;
}

}  // namespace

Test(irc_line, splits_a_line_into_its_parts) {
  const IrcLine line = parse_irc_line("@a=1;+b=2 :ann!u@h PRIVMSG #lobby :hello, all : x");
  cr_expect(line.tags == "a=1;+b=2");
  cr_expect(line.source == "ann!u@h");
  cr_expect(line.command == "PRIVMSG");
  cr_assert(line.count == 2);
  cr_expect(line.param(0) == "#lobby" && line.param(1) == "hello, all : x");
  cr_expect(line.param(2).empty());
}

Test(irc_line, skips_spaces_between_parts) {
  const IrcLine line = parse_irc_line("  JOIN   #a    key  ");
  cr_expect(line.command == "JOIN" && line.count == 2);
  cr_expect(line.param(0) == "#a" && line.param(1) == "key");
}

Test(irc_line, has_an_empty_last_parameter) {
  const IrcLine line = parse_irc_line("TOPIC #a :");
  cr_expect(line.count == 2 && line.param(1).empty());
  cr_expect(parse_irc_line("AWAY").count == 0);
}

Test(irc_line, accepts_any_line) {
  for (const char* text : {"", " ", "@", "@a", ":", ":a", "@a :b", ":a ", ":"}) {
    cr_expect(parse_irc_line(text).command.empty(), "%s", text);
  }
}

Test(irc_line, has_at_most_15_parameters_and_the_last_one_has_the_rest) {
  std::string text = "X";
  for (int i = 1; i <= 20; ++i) text += " " + std::to_string(i);
  const IrcLine line = parse_irc_line(text);
  cr_expect(line.count == 15);
  cr_expect(line.param(13) == "14" && line.param(14) == "15 16 17 18 19 20");
}

Test(irc_line, does_not_count_the_tags_as_its_body) {
  cr_expect(irc_body_size("PING x") == 6);
  cr_expect(irc_body_size("@a=b PING x") == 6);
  cr_expect(irc_body_size("@only-tags") == 0);
}

Test(irc_line, writes_a_colon_before_a_last_parameter_that_needs_one) {
  cr_expect(written("s", "001", {"ann", "Hi"}) == ":s 001 ann Hi\r\n");
  cr_expect(written("s", "001", {"ann", "Hi all"}) == ":s 001 ann :Hi all\r\n");
  cr_expect(written("s", "X", {""}) == ":s X :\r\n");
  cr_expect(written("s", "X", {":)"}) == ":s X ::)\r\n");
  cr_expect(written("", "ERROR", {"a b"}) == "ERROR :a b\r\n");
  cr_expect(written("s", "AWAY", {}) == ":s AWAY\r\n");
}

Test(irc_line, cuts_what_is_too_long_at_the_end_of_a_character) {
  const std::string line =
      written("s", "PRIVMSG", {"#a", "x " + std::string(494, 'y') + "\xC3\xBC\xC3\xBC"});
  cr_expect(line.size() <= kMaxIrcBody + 2 && line.ends_with("\r\n"));
  cr_expect(line.substr(0, line.size() - 2).ends_with("y") ||
            line.substr(0, line.size() - 2).ends_with("\xC3\xBC"));
  cr_expect(cut_utf8("a\xC3\xBC", 2) == "a");
  cr_expect(cut_utf8("a\xC3\xBC", 3) == "a\xC3\xBC");
}

Test(irc_line, replaces_what_a_line_cannot_carry) {
  const std::string replacement = "\xEF\xBF\xBD";
  cr_expect(cleaned("plain \xC3\xBC \x02"
                    "bold\x02") ==
            "plain \xC3\xBC \x02"
            "bold\x02");
  cr_expect(cleaned("a\rb\nc") == "a" + replacement + "b" + replacement + "c");
  cr_expect(cleaned("\x1b[2J\x7f") == replacement + "[2J" + replacement);
  cr_expect(cleaned(std::string_view("\0", 1)) == replacement);
  cr_expect(cleaned("\xFF") == replacement);
}

Test(irc_line, splits_lists_at_commas) {
  std::string_view list = "a,,b";
  cr_expect(take_irc_item(list) == "a");
  cr_expect(take_irc_item(list).empty());
  cr_expect(take_irc_item(list) == "b");
  cr_expect(list.empty());
}
