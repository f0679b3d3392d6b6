// What the lines of an answer mean.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluicectl/control_client.h"

using sluice::tools::control::add_line;
using sluice::tools::control::ControlAnswer;
using sluice::tools::control::ProtocolError;

Test(answer, has_rows_and_text_until_ok) {
  ControlAnswer answer;
  cr_expect(!add_line(answer, R"({"a":1})"));
  cr_expect(!add_line(answer, " a line"));
  cr_expect(!add_line(answer, " "));
  cr_expect(!add_line(answer, "  indented"));
  cr_expect(add_line(answer, "ok"));
  cr_expect(answer.rows.size() == 1 && answer.rows[0] == R"({"a":1})");
  cr_expect(answer.text == "a line\n\n indented\n", "%s", answer.text.c_str());
  cr_expect(answer.error.empty());
}

Test(answer, ends_in_an_error_with_its_text) {
  ControlAnswer answer;
  cr_expect(add_line(answer, "error: no connection has the id 3.1"));
  cr_expect(answer.error == "no connection has the id 3.1");
}

Test(answer, of_something_else_is_an_error_that_shows_it) {
  ControlAnswer answer;
  for (const char* line : {"", "HTTP/1.1 400 Bad Request", "okay", "error", "\x1b[2J"}) {
    cr_expect_throw(add_line(answer, line), ProtocolError, "%s", line);
  }
}
