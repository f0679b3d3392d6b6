// The part of a command line that is the same in every program.
#include <array>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/common/command_line.h"

using sluice::tools::CommandLine;
using sluice::tools::OptionSpec;
using sluice::tools::UsageError;
using Words = std::vector<std::string>;

namespace {

constexpr std::array kOptions = {
    OptionSpec{"listen", 'l', "WHERE", "repeatable", true},
    OptionSpec{"count", 0, "COUNT", "the last counts"},
    OptionSpec{"verbose", 'v', "", "a switch"},
};

constexpr std::array kOptionalValue = {OptionSpec{"wait", 0, "TIME", "perhaps", false, true}};

CommandLine read(const Words& words) {
  std::vector<const char*> argv = {"program"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return CommandLine(kOptions, static_cast<int>(argv.size()), argv.data());
}

Words values(const CommandLine& line, std::string_view name) {
  Words all;
  line.each(name, [&](std::string_view value) { all.emplace_back(value); });
  return all;
}

std::string refusal(const Words& words) {
  return usage_error_of([&] { (void)read(words); });
}

}  // namespace

Test(command_line, values_may_be_written_in_every_way) {
  const CommandLine line = read({"-l", "a", "--listen", "b", "--listen=c", "-ld", "-v"});
  cr_expect(values(line, "listen") == Words({"a", "b", "c", "d"}));
  cr_expect(line.has("verbose"));
  cr_expect(!line.has("count"));
  cr_expect(line.operands().empty());
}

Test(command_line, a_value_is_taken_as_it_is) {
  const Words odd = {"a,b", "", "--count", "a=b", "x\ny", "-"};
  Words words;
  for (const std::string& value : odd) words.insert(words.end(), {"--listen", value});
  cr_expect(values(read(words), "listen") == odd);
  cr_expect(values(read({"--listen="}), "listen") == Words({""}));
}

Test(command_line, behind_two_dashes_all_is_an_operand) {
  const CommandLine line = read({"-v", "a", "--", "-x", "--listen", "--", "-lb"});
  cr_expect(line.operands() == Words({"a", "-x", "--listen", "--", "-lb"}));
  cr_expect(!line.has("listen"));
}

Test(command_line, two_dashes_may_be_a_value) {
  const CommandLine line = read({"--count", "--", "-l", "--", "-vl", "--", "-lc", "--", "-v"});
  cr_expect(values(line, "count") == Words({"--"}));
  cr_expect(values(line, "listen") == Words({"--", "--", "c"}));
  cr_expect(line.operands() == Words({"-v"}));
}

Test(command_line, the_last_of_several_counts_unless_it_is_repeatable) {
  cr_expect(values(read({"--count", "1", "--count=2"}), "count") == Words({"2"}));
}

Test(command_line, a_value_that_may_be_left_out_follows_an_equals_sign) {
  const std::array<const char*, 3> apart = {"program", "--wait", "1s"};
  const CommandLine without(kOptionalValue, 3, apart.data());
  cr_expect(values(without, "wait") == Words({""}));
  cr_expect(without.operands() == Words({"1s"}));
  const std::array<const char*, 2> together = {"program", "--wait=1s"};
  cr_expect(values(CommandLine(kOptionalValue, 2, together.data()), "wait") == Words({"1s"}));
  cr_expect(sluice::tools::help_of(kOptionalValue).find("  --wait[=TIME] ") != std::string::npos);
}

Test(command_line, what_is_no_option_is_an_operand) {
  cr_expect(read({"a", "-v", "b", "-"}).operands() == Words({"a", "b", "-"}));
}

Test(command_line, mistakes_are_named) {
  const std::string allowed = ": unknown option; allowed: --listen, --count and --verbose";
  const std::string letters =
      ": unknown option; allowed: -l, -v and the long ones that --help lists";
  expect_message("-x", refusal({"-x"}), "-x" + letters);
  expect_message("-vx", refusal({"-vx"}), "-x" + letters);
  expect_message("--lisetn=a", refusal({"--lisetn=a"}),
                 "--lisetn=a: unknown option (did you mean --listen?)");
  expect_message("--frob=1", refusal({"--frob=1"}), "--frob=1" + allowed);
  expect_message("--x\\n", refusal({"--x\n"}), "--x\\x0a" + allowed);
  expect_message("--count", refusal({"--count"}), "--count: the value is missing");
  expect_message("-l", refusal({"-l"}), "-l: the value is missing");
  expect_message("--verbose=1", refusal({"--verbose=1"}),
                 "--verbose=1: this option takes no value");
}

Test(command_line, an_option_is_named_as_it_was_typed) {
  const CommandLine line =
      read({"--count", "-l", "-l", "a", "--listen", "b", "--listen=c", "-vld", "-le", "-v"});
  std::string seen;
  seen += usage_error_of([&] { line.each("count", [](auto) { throw UsageError("x"); }); }) + '\n';
  for (const char* const wrong : {"a", "b", "c", "d", "e"}) {
    seen += usage_error_of([&] {
              line.each("listen", [wrong](std::string_view value) {
                if (value == wrong) throw UsageError("x");
              });
            }) +
            '\n';
  }
  cr_expect(seen == "--count -l: x\n-l a: x\n--listen b: x\n--listen c: x\n-l d: x\n-l e: x\n",
            "%s", seen.c_str());
  cr_expect(line.spelled("verbose") == "-v");
  cr_expect(line.spelled("listen") == "-l");
  cr_expect(read({"-v", "--verbose"}).spelled("verbose") == "--verbose");
  cr_expect(read({}).spelled("verbose") == "--verbose");
}

Test(command_line, two_options_that_exclude_each_other_are_named) {
  read({"-v"}).refuse_both("verbose", "count");
  const CommandLine line = read({"--count=1", "-v"});
  expect_message("-v --count", usage_error_of([&] { line.refuse_both("verbose", "count"); }),
                 "-v and --count cannot be combined");
}

Test(command_line, what_a_reader_throws_gets_the_option_and_the_value) {
  const CommandLine line = read({"--count", "x\x1b"});
  const auto thrown = [&](auto error) {
    return usage_error_of([&] { line.each("count", [&](std::string_view) { throw error; }); });
  };
  cr_expect(thrown(UsageError("is bad")) == "--count x\\x1b: is bad");
  cr_expect(thrown(std::invalid_argument("is bad")) == "--count x\\x1b: is bad");
}

Test(command_line, a_value_that_is_secret_is_not_shown) {
  constexpr std::array kSecret = {OptionSpec{"account", 'a', "TEXT", "", false, false, true}};
  const std::array argv = {"program", "-a", "hunter2"};
  const CommandLine line(kSecret, static_cast<int>(argv.size()), argv.data());
  const std::string said = usage_error_of(
      [&] { line.each("account", [](std::string_view) { throw UsageError("it is wrong"); }); });
  cr_expect(said == "-a: it is wrong", "%s", said.c_str());
}

Test(command_line, a_row_of_help_breaks_where_its_left_part_is_long) {
  cr_expect(sluice::tools::help_row("key=VALUE", "what it is") ==
            "  key=VALUE" + std::string(17, ' ') + "what it is\n");
  const std::string longest(24, 'x');
  cr_expect(sluice::tools::help_row(longest, "what it is") == "  " + longest + "  what it is\n");
  cr_expect(sluice::tools::help_row(longest + 'x', "what it is") ==
            "  " + longest + "x\n" + std::string(28, ' ') + "what it is\n");
}

Test(command_line, help_has_a_row_for_each) {
  const std::string help = sluice::tools::help_of(kOptions);
  cr_expect(help.find("  -l, --listen WHERE ") != help.npos);
  cr_expect(help.find("  --count COUNT ") != help.npos);
  cr_expect(help.find("  -v, --verbose ") != help.npos);
}

Test(command_line, an_alias_is_a_whole_word_that_is_no_value) {
  constexpr std::array kAliases = {sluice::tools::OptionAlias{"-lX", "--verbose --listen", ""},
                                   sluice::tools::OptionAlias{"-lN", "", ""},
                                   sluice::tools::OptionAlias{"-lB", "", "-l FILE"}};
  const auto parse = [&](std::vector<const char*> argv) {
    argv.insert(argv.begin(), "program");
    return CommandLine(kOptions, static_cast<int>(argv.size()), argv.data(), kAliases);
  };
  const CommandLine line = parse({"-lX", "-lX", "-lXY", "-lN", "-l", "-lB", "--", "-lB"});
  cr_expect(values(line, "listen") == Words({"-lX", "XY", "-lB"}));
  cr_expect(line.has("verbose") && line.spelled("verbose") == "-lX");
  cr_expect(line.operands() == Words({"-lB"}));
  cr_expect(usage_error_of([&] { (void)parse({"-lX"}); }) == "-lX: the value is missing");
  cr_expect(usage_error_of([&] {
              (void)parse({"-lB", "f"});
            }) == "-lB: this option is not known; allowed: -l FILE");
}
