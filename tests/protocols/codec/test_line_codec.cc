// Lines: LF and CR LF, the limit on the line without its end, and where the next line begins.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/line_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

Test(line_codec, reads_lines_with_and_without_cr) {
  expect_decoded("line", 99, "one\ntwo\r\n\n\r\nlast",
                 {"frame one", "frame two", "frame ", "frame "}, "last");
}

Test(line_codec, strips_only_one_cr_at_the_end) {
  expect_decoded("line", 99, "a\rb\r\r\n\r", {"frame a\rb\r"}, "\r");
  expect_decoded("line", 99, "\0\xff\n"s, {"frame \0\xff"s});
}

Test(line_codec, applies_the_limit_to_the_line_without_its_end) {
  expect_decoded("line", 3, "abc\nabc\r\nab\r\n", {"frame abc", "frame abc", "frame ab"});
  const std::string what = ": the message has no end within the limit of 3 bytes (skippable)";
  expect_decoded("line", 3, "ab\nabcd", {"frame ab", "error 6" + what});
  expect_decoded("line", 3, "abcd\n", {"error 3" + what});
  expect_decoded("line", 3, "abc\rd\n", {"error 3" + what});
  expect_decoded("line", 3, "abc\r\r\n", {"error 3" + what});
  expect_decoded("line", 3, "abc\r", {}, "abc\r");
  expect_decoded("line", 0, "\n\r\n", {"frame ", "frame "});
}

Test(line_codec, skips_to_the_next_line) {
  const std::string what = ": the message has no end within the limit of 3 bytes (skippable)";
  expect_decoded("line", 3, "abcdefgh\nhi\nabcd\r\nok\n",
                 {"error 3" + what, "frame hi", "error 15" + what, "frame ok"}, "", true);
  const auto outcome = decode_pieces(LineCodec(), 3, one_by_one(std::string(5000, 'x')), true);
  cr_expect(outcome.events.size() == 1);
  cr_expect(outcome.held <= LineCodec().max_frame_size(3));
}

Test(line_codec, writes_lf_and_rejects_a_payload_that_would_be_decoded_differently) {
  expect_encoded("line", "hello", "hello\n");
  expect_encoded("line", "", "\n");
  expect_encoded("line", "a\rb", "a\rb\n");
  expect_encoded("line", "hel\nlo", "error 3: the receiver would end the message at byte 3 of 6");
  expect_encoded("line", "hello\r",
                 "error 5: the payload ends in CR, which the receiver would strip");
}
