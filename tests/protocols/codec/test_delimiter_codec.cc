// Delimiters: in several reads, overlapping, at the limit, and in the payload.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/delimiter_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

Test(delimiter_codec, splits_the_stream_at_each_delimiter) {
  expect_decoded("delimiter:00", 99, "one\0\0two"s, {"frame one", "frame "}, "two");
  expect_decoded("delimiter:0d0a", 99, "a\rb\r\n\r\r\n\n\r\n",
                 {"frame a\rb", "frame \r", "frame \n"});
  expect_decoded("delimiter:0d0a2e0d0a", 99, "mail\r\n.\r\r\n.\r\n", {"frame mail\r\n.\r"});
}

Test(delimiter_codec, ends_a_frame_at_the_first_of_several_overlapping_delimiters) {
  expect_decoded("delimiter:6161", 99, "aaaaba", {"frame ", "frame "}, "ba");
  expect_decoded("delimiter:616162", 99, "aaab", {"frame a"});
}

Test(delimiter_codec, applies_the_limit_to_the_payload) {
  const std::string what = ": the message has no end within the limit of 3 bytes (skippable)";
  expect_decoded("delimiter:0d0a", 3, "abc\r\n", {"frame abc"});
  expect_decoded("delimiter:0d0a", 3, "abcd\r\n", {"error 3" + what});
  expect_decoded("delimiter:0d0a", 3, "\r\nabc\r\r\n", {"frame ", "error 5" + what});
  expect_decoded("delimiter:0d0a", 0, "\r\n", {"frame "});
}

Test(delimiter_codec, skips_to_the_next_frame_and_keeps_only_the_start_of_a_delimiter) {
  const std::string what = ": the message has no end within the limit of 3 bytes (skippable)";
  expect_decoded("delimiter:0d0a", 3, "abcdefgh\r\r\nhi\r\n", {"error 3" + what, "frame hi"}, "",
                 true);
  const auto codec = make_codec("delimiter:2d2d656e64");
  const auto outcome = decode_pieces(*codec, 3, one_by_one(std::string(5000, '-')), true);
  cr_expect(outcome.events.size() == 1);
  cr_expect(outcome.rest.size() == 4);
  cr_expect(outcome.held < codec->max_frame_size(3));
}

Test(delimiter_codec, writes_the_delimiter_after_the_payload) {
  expect_encoded("delimiter:0d0a", "hello", "hello\r\n");
  expect_encoded("delimiter:0d0a", "hello\r", "hello\r\r\n");
  expect_encoded("delimiter:00", "", "\0"s);
}

Test(delimiter_codec, rejects_a_payload_that_would_end_early) {
  expect_encoded("delimiter:0d0a", "he\r\nllo",
                 "error 2: the receiver would end the message at byte 2 of 7");
  expect_encoded("delimiter:6161", "ba",
                 "error 1: the receiver would end the message at byte 1 of 2");
  expect_encoded("delimiter:0d0a0d0a", "x\r\n",
                 "error 1: the receiver would end the message at byte 1 of 3");
}

Test(delimiter_codec, allows_a_delimiter_of_up_to_sixteen_bytes) {
  const std::string delimiter = "0123456789abcdef";
  const DelimiterCodec codec(bytes_of(delimiter));
  cr_expect(encoded(codec, "hello") == "hello" + delimiter);
  cr_expect(codec.name() == "delimiter:30313233343536373839616263646566");
}
