// Rows as a table for people, and as a JSON array for programs.
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluicectl/control_client.h"
#include "tools/sluicectl/table.h"

using sluice::tools::control::array_of;
using sluice::tools::control::event_of;
using sluice::tools::control::ProtocolError;
using sluice::tools::control::sort_rows;
using sluice::tools::control::table_of;
using Rows = std::vector<std::string>;

namespace {

void expect_text(const std::string& got, const std::string& wanted) {
  cr_expect(got == wanted, "got:\n%s", got.c_str());
}

}  // namespace

Test(table, has_the_keys_of_the_first_row_as_headings_and_numbers_at_the_right) {
  expect_text(table_of(Rows{R"({"name":"echo","open":3})", R"({"name":"a-chat","open":1000})"}),
              "name    open\n"
              "echo       3\n"
              "a-chat  1000\n");
}

Test(table, without_rows_is_empty) { expect_text(table_of(Rows{}), ""); }

Test(table, has_a_dash_for_what_a_row_does_not_have) {
  expect_text(table_of(Rows{R"({"a":1,"b":"x"})", R"({"a":null,"b":""})", R"({"a":2})"}),
              "a  b\n"
              "1  x\n"
              "-  -\n"
              "2  -\n");
}

Test(table, escapes_what_a_peer_could_send_to_the_terminal) {
  expect_text(table_of(Rows{R"({"peer":"\u001b[31m\nred"})"}), "peer\n\\x1b[31m\\x0ared\n");
}

Test(table, shows_truth_as_a_word) {
  expect_text(table_of(Rows{R"({"paused":true})"}), "paused\ntrue\n");
}

Test(table, refuses_a_row_that_is_no_object) {
  for (const char* row : {"", "[1]", "{", "{\"a\":1}x", "null"}) {
    cr_expect_throw(table_of(Rows{row}), ProtocolError, "%s", row);
  }
}

Test(table, is_an_array_for_programs) {
  expect_text(array_of(Rows{R"({"a":1})", R"({"a":2})"}), "[{\"a\":1},{\"a\":2}]\n");
  expect_text(array_of(Rows{}), "[]\n");
}

Test(table, sorts_numbers_from_the_largest_and_what_has_none_last) {
  Rows rows{R"({"n":3,"t":"b"})", R"({"n":null,"t":"c"})", R"({"n":100,"t":"a"})", R"({"t":"d"})"};
  sort_rows(rows, "n");
  const Rows want{R"({"n":100,"t":"a"})", R"({"n":3,"t":"b"})", R"({"n":null,"t":"c"})",
                  R"({"t":"d"})"};
  cr_expect(rows == want);
}

Test(table, sorts_text_by_its_bytes_and_keeps_the_order_of_equals) {
  Rows rows{R"({"t":"b","i":1})", R"({"t":"a","i":2})", R"({"t":"b","i":3})"};
  sort_rows(rows, "t");
  const Rows want{R"({"t":"a","i":2})", R"({"t":"b","i":1})", R"({"t":"b","i":3})"};
  cr_expect(rows == want);
}

Test(table, names_the_keys_if_there_is_none_to_sort_by) {
  Rows rows{R"({"name":"echo","open":3})"};
  std::string message;
  try {
    sort_rows(rows, "opn");
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  cr_expect(message == "--sort \"opn\": no row has this key; allowed: name, open");
  rows.clear();
  sort_rows(rows, "anything");  // there is nothing to sort
}

Test(table, shows_an_event_as_its_time_its_name_and_its_values) {
  expect_text(event_of(R"({"time":"T","event":"closed","peer":"::1","bytes_in":5,"reason":"a b"})"),
              "T closed peer=::1 bytes_in=5 reason=\"a b\"\n");
}

Test(table, escapes_what_an_event_has_from_a_peer) {
  expect_text(event_of(R"({"event":"log","text":"a\u001b[2Jb"})"), "log text=a\\x1b[2Jb\n");
}
