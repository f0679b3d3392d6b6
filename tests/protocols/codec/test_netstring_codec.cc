// Netstrings: the vectors of their specification, and each fault with its offset.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/netstring_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

Test(netstring_codec, reads_and_writes_the_known_vectors) {
  expect_encoded("netstring", "hello world!", "12:hello world!,");
  expect_encoded("netstring", "hello world!",
                 from_hex("31 32 3a 68 65 6c 6c 6f 20 77 6f 72 6c 64 21 2c"));
  expect_encoded("netstring", "", "0:,");
  expect_decoded("netstring", 99, "12:hello world!,0:,1:,,",
                 {"frame hello world!", "frame ", "frame ,"});
  expect_decoded("netstring", 99, "3:\0\n:,"s, {"frame \0\n:"s});
}

Test(netstring_codec, waits_for_the_comma) {
  expect_decoded("netstring", 99, "12:hello world!", {}, "12:hello world!");
  expect_decoded("netstring", 99, "12", {}, "12");
}

Test(netstring_codec, reports_each_fault_with_its_offset) {
  const Lines zero = {"error 0: the length has a leading zero; only the length 0 may begin with 0"};
  expect_decoded("netstring", 99, "00:,", zero);
  expect_decoded("netstring", 99, "012:hello world!,", zero);
  expect_decoded("netstring", 99, ":,",
                 {"error 0: byte 0x3a begins a netstring; allowed: the digits 0-9"});
  expect_decoded("netstring", 99, "1:a,-1:",
                 {"frame a", "error 4: byte 0x2d begins a netstring; allowed: the digits 0-9"});
  expect_decoded(
      "netstring", 99,
      "12 :", {"error 2: byte 0x20 follows the digits of the length; allowed: a digit or \":\""});
  expect_decoded("netstring", 99, "5:hello!",
                 {"error 7: byte 0x21 follows the payload; allowed: \",\""});
  expect_decoded("netstring", 99, "12345678901234567890",
                 {"error 19: the length has more than 19 digits"});
}

Test(netstring_codec, rejects_a_length_above_the_limit_when_the_header_has_arrived) {
  expect_decoded("netstring", 11,
                 "12:", {"error 0: a message of 12 bytes is above the limit of 11 (skippable)"});
  expect_decoded(
      "netstring", 11, "9223372036854775808:",
      {"error 0: a message of 9223372036854775808 bytes is above the limit of 11 (skippable)"});
  expect_decoded("netstring", static_cast<std::size_t>(-1), "9999999999999999999:",
                 {"error 0: a message of 9999999999999999999 bytes is above the limit of "
                  "4611686018427387903 (skippable)"});
}

Test(netstring_codec, skips_a_message_that_is_too_long) {
  expect_decoded("netstring", 4, "5:hello,2:hi,",
                 {"error 0: a message of 5 bytes is above the limit of 4 (skippable)", "frame hi"},
                 "", true);
}

Test(netstring_codec, returns_how_much_it_may_leave_unconsumed) {
  cr_expect(NetstringCodec().max_frame_size(100) == 121);
}
