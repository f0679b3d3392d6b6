// A bar and words in a line of the terminal's width. On a terminal:
// e2e/tools/test_fetch_terminal.py.
#include <cstddef>
#include <string>

#include <criterion/criterion.h>

#include "tools/common/terminal/progress_line.h"

using sluice::tools::bar_and_words;

Test(progress_line, a_bar_shows_the_share) {
  cr_expect(bar_and_words(0, "words", 19) == "[>         ] words");
  cr_expect(bar_and_words(.5, "words", 19) == "[=====>    ] words");
  cr_expect(bar_and_words(.999, "words", 19) == "[=========>] words");
  cr_expect(bar_and_words(1, "words", 19) == "[==========] words");
}

Test(progress_line, a_share_that_is_none_stays_in_the_bar) {
  cr_expect(bar_and_words(-1, "words", 19) == "[>         ] words");
  cr_expect(bar_and_words(7, "words", 19) == "[==========] words");
}

Test(progress_line, never_reaches_the_last_column) {
  for (std::size_t columns = 0; columns < 200; ++columns) {
    const std::string line = bar_and_words(.5, "twelve words", columns);
    cr_expect(line.size() < columns || line.empty(), "%zu columns: %zu", columns, line.size());
  }
}

Test(progress_line, the_words_come_first_where_there_is_no_room) {
  cr_expect(bar_and_words(.5, "words", 9) == "words");
  cr_expect(bar_and_words(.5, "words", 4) == "wor");
}
