// What the environment says of the terminal and of the character set.
#include <langinfo.h>

#include <clocale>
#include <cstdlib>
#include <string>

#include <criterion/criterion.h>

#include "tools/common/terminal/terminal.h"

using sluice::tools::is_dumb_terminal;
using sluice::tools::use_character_set;

Test(terminal, is_dumb_without_a_name_too) {
  for (const char* const term : {"dumb", ""}) {
    ::setenv("TERM", term, 1);
    cr_expect(is_dumb_terminal());
  }
  ::unsetenv("TERM");
  cr_expect(is_dumb_terminal());
  for (const char* const term : {"xterm", "screen-256color", "dumber"}) {
    ::setenv("TERM", term, 1);
    cr_expect(!is_dumb_terminal());
  }
}

Test(terminal, has_utf_8_where_the_environment_names_no_character_set) {
  for (const char* const locale : {"C", "POSIX", "no such locale"}) {
    ::setenv("LC_ALL", locale, 1);
    std::setlocale(LC_CTYPE, "C");
    use_character_set();
    cr_expect(std::string(::nl_langinfo(CODESET)) == "UTF-8");
  }
}
