// Lists of words: what is on a line, and what is wrong with it and where.
#include <fstream>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/usage.h"
#include "tools/common/list_file.h"

using sluice::tools::read_list;

namespace {

std::string written(const sluice::test::Scratch& scratch, const std::string& text) {
  const std::string file = scratch / "list";
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

std::vector<std::string> targets_of(const std::string& text) {
  const sluice::test::Scratch scratch;
  std::vector<std::string> targets;
  read_list(written(scratch, text), [&](std::string_view target) { targets.emplace_back(target); });
  return targets;
}

}  // namespace

Test(list_file, a_line_has_any_number_of_targets_and_a_comment) {
  const std::vector<std::string> wanted{"a", "b", "c", "d"};
  cr_expect(targets_of("a\n# none\n\n  b\tc # d\r\nd") == wanted);
}

Test(list_file, a_comment_may_be_allowed_only_between_words) {
  const sluice::test::Scratch scratch;
  const std::string file = written(scratch, "a#b c # d\n#e\n");
  std::vector<std::string> words;
  read_list(
      file, [&](std::string_view word) { words.emplace_back(word); },
      sluice::tools::Comments::between_words);
  cr_expect(words == std::vector<std::string>({"a#b", "c"}));
}

Test(list_file, a_long_list_is_read_to_its_end) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "10.0.0." + std::to_string(i) + "\n";
  const auto targets = targets_of(text);
  cr_assert(targets.size() == 50'000);
  cr_expect(targets.back() == "10.0.0.49999");
}

Test(list_file, what_is_wrong_is_told_with_its_line) {
  const sluice::test::Scratch scratch;
  const std::string file = written(scratch, "a\n\nb c\n");
  const std::string why = usage_error_of([&] {
    read_list(file, [](std::string_view target) {
      if (target == "c") throw sluice::tools::UsageError("no c");
    });
  });
  cr_expect(why == file + ":3: no c", "%s", why.c_str());
}

Test(list_file, a_file_that_is_not_there_is_named) {
  const std::string why =
      usage_error_of([] { read_list("/nonexistent/list", [](std::string_view) {}); });
  cr_expect(why == "/nonexistent/list: No such file or directory", "%s", why.c_str());
  cr_expect(usage_error_of([] { read_list("/", [](std::string_view) {}); }) != "");
}

Test(list_file, a_byte_order_mark_is_named_as_such) {
  const sluice::test::Scratch scratch;
  const auto refusal_of = [&scratch](const std::string& text) {
    const std::string file = written(scratch, text);
    const std::string why = usage_error_of([&] { read_list(file, [](std::string_view) {}); });
    return why.empty() ? why : why.substr(file.size());
  };
  cr_expect(refusal_of("\xef\xbb\xbf"
                       "10.0.0.1\n") ==
            ":1: begins with a byte-order mark; allowed: text in ASCII or UTF-8 without a "
            "byte-order mark");
  cr_expect(refusal_of("\xff\xfe"
                       "1")
                .starts_with(":1: begins with the byte-order mark of UTF-16; "));
  cr_expect(refusal_of("\xfe\xff").starts_with(":1: begins with the byte-order mark of UTF-16; "));
  cr_expect(refusal_of("10.0.0.1\n\xef\xbb\xbf\n").empty(), "not in the first line");
}

Test(list_file, a_line_has_a_limit) {
  const sluice::test::Scratch scratch;
  const std::string file = written(scratch, "a\n" + std::string(200'000, 'x'));
  const std::string why = usage_error_of([&] { read_list(file, [](std::string_view) {}); });
  cr_expect(why == file + ":2: a line is longer than 65536 bytes", "%s", why.c_str());
}
