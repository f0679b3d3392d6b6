// Splitting the input into lines, with telnet commands in it, and with a limit.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/chat/chat_intake.h"
#include "support/text.h"

using sluice::ChatIntake;
using sluice::test::bytes_of;
using namespace std::string_view_literals;

namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kLimit = 10;

// Each line, or "!" for one that is too long, from reads of at most `piece` bytes.
Lines lines_of(std::string_view text, std::size_t piece = 1'000'000, bool undo = false) {
  ChatIntake intake;
  Lines lines;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    std::string_view read = text.substr(at, piece);
    while (!read.empty()) {
      ChatIntake::Step step = intake.next(bytes_of(read), kLimit);
      if (undo && step.kind == ChatIntake::Kind::line) {
        intake.undo();
        step = intake.next(bytes_of(read), kLimit);
      }
      if (step.kind == ChatIntake::Kind::line) lines.emplace_back(step.line);
      if (step.kind == ChatIntake::Kind::too_long) lines.emplace_back("!");
      cr_assert(step.consumed > 0 && step.consumed <= read.size());
      read.remove_prefix(step.consumed);
    }
  }
  const ChatIntake::Step step = intake.finish();
  if (step.kind == ChatIntake::Kind::line) lines.emplace_back(step.line);
  cr_expect(intake.finish().kind == ChatIntake::Kind::none);
  return lines;
}

void expect_however_cut(std::string_view text, const Lines& want) {
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    cr_expect(lines_of(text, piece) == want, "in pieces of %zu", piece);
    cr_expect(lines_of(text, piece, true) == want, "in pieces of %zu, with undo()", piece);
  }
}

}  // namespace

Test(chat_intake, splits_at_line_feeds) {
  expect_however_cut("one\ntwo\n\nfour\n", {"one", "two", "", "four"});
}

Test(chat_intake, strips_one_carriage_return_at_the_end) {
  expect_however_cut("one\r\ntw\ro\r\r\n\r\n", {"one", "tw\ro\r", ""});
}

Test(chat_intake, returns_a_last_line_without_its_end) {
  expect_however_cut("one\nlast", {"one", "last"});
  expect_however_cut("last\r", {"last"});
}

Test(chat_intake, accepts_a_line_of_up_to_the_limit) {
  expect_however_cut("0123456789\n0123456789\r\n01234567890\nafter\n",
                     {"0123456789", "0123456789", "!", "after"});
}

Test(chat_intake, reports_a_line_that_is_too_long_once) {
  expect_however_cut(std::string(1'000, 'x') + "\nafter\n" + std::string(11, 'y'),
                     {"!", "after", "!"});
}

Test(chat_intake, reports_a_line_that_is_too_long_before_it_ends) {
  cr_expect(lines_of(std::string(11, 'x')) == Lines{"!"});
}

Test(chat_intake, removes_telnet_commands_before_it_splits) {
  expect_however_cut("\xff\xfb\x01one\xff\xfa\x1f\0\x50\0\n\xff\xf0two\r\n\xff\xfd\nthree\n"sv,
                     {"onetwo", "three"});
}

Test(chat_intake, does_not_count_telnet_commands_against_the_limit) {
  std::string telnet = "\xff\xfa";
  telnet += std::string(1'000, 'p') + "\xff\xf0";
  expect_however_cut("01234" + telnet + "56789\n", {"0123456789"});
}

Test(chat_intake, skips_a_long_line_with_telnet_in_it) {
  expect_however_cut("x\xff\xf1" + std::string(50, 'x') + "\xff\xf1\nafter\n", {"!", "after"});
}

Test(chat_intake, returns_a_line_again_after_undo) {
  ChatIntake intake;
  cr_expect(intake.next(bytes_of("be"), kLimit).consumed == 2);
  for (int i = 0; i < 3; ++i) {
    const ChatIntake::Step step = intake.next(bytes_of("gun\nmore\n"), kLimit);
    cr_expect(step.line == "begun");
    cr_expect(step.consumed == 4);
    if (i < 2) intake.undo();
  }
  cr_expect(intake.next(bytes_of("more\n"), kLimit).line == "more");
}
