// Decimal and binary lengths: known vectors, each width and byte order, and rejected frames.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/length_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

Test(length_codec, reads_decimal_lengths) {
  expect_decoded("decimal:3", 255, "005hello000002hi", {"frame hello", "frame ", "frame hi"});
  expect_decoded("decimal:1", 9, "9123456789", {"frame 123456789"});
  expect_decoded("decimal:19", 9, "0000000000000000002hi", {"frame hi"});
  expect_decoded("decimal:3", 255, "005hell", {}, "005hell");
  expect_decoded("decimal:3", 255, "00", {}, "00");
}

Test(length_codec, rejects_a_byte_that_is_not_a_digit_and_reports_its_offset) {
  expect_decoded("decimal:3", 255, "002hi0x5",
                 {"frame hi", "error 6: byte 0x78 in the length is not a digit; allowed: 0-9"});
  for (const std::string bad : {" 05", "+05", "-05",
                                "\xff"
                                "05",
                                "/05", ":05"}) {
    const auto outcome = decode_pieces(*make_codec("decimal:3"), 255, {bad + "hello"});
    cr_assert(outcome.events.size() == 1);
    cr_expect(outcome.events[0].starts_with("error 0: byte 0x"), "%s", outcome.events[0].c_str());
  }
}

Test(length_codec, rejects_a_length_above_the_limit_when_the_header_has_arrived) {
  expect_decoded("decimal:3", 255, "256",
                 {"error 0: a message of 256 bytes is above the limit of 255 (skippable)"});
  expect_decoded(
      "u64be", 1024, from_hex("8000000000000000"),
      {"error 0: a message of 9223372036854775808 bytes is above the limit of 1024 (skippable)"});
  expect_decoded(
      "u64be", 0, from_hex("ffffffffffffffff"),
      {"error 0: a message of 18446744073709551615 bytes is above the limit of 0 (skippable)"});
  expect_decoded("decimal:19", 10, "9999999999999999999",
                 {"error 0: a message of 9999999999999999999 bytes is above the limit of 10 "
                  "(skippable)"});
  expect_decoded("u8", 255, "\xff"s + std::string(255, 'x'), {"frame " + std::string(255, 'x')});
}

Test(length_codec, skips_a_message_that_is_too_long) {
  expect_decoded("decimal:2", 2, "05hello02hi03abc00",
                 {"error 0: a message of 5 bytes is above the limit of 2 (skippable)", "frame hi",
                  "error 11: a message of 3 bytes is above the limit of 2 (skippable)", "frame "},
                 "", true);
  // The skipped bytes are not kept, and the length alone determines where they end.
  const auto outcome = decode_pieces(*make_codec("u64be"), 10,
                                     {from_hex("ffffffffffffffff"), std::string(5000, 'x')}, true);
  cr_expect(outcome.events.size() == 1);
  cr_expect(outcome.rest.empty());
}

Test(length_codec, reads_binary_lengths_of_each_width_and_order) {
  expect_decoded("u8", 255, from_hex("02 6869 00"), {"frame hi", "frame "});
  expect_decoded("u16be", 9999, from_hex("0002 6869"), {"frame hi"});
  expect_decoded("u16le", 9999, from_hex("0200 6869"), {"frame hi"});
  expect_decoded("u32be", 9999, from_hex("00000002 6869"), {"frame hi"});
  expect_decoded("u32le", 9999, from_hex("02000000 6869"), {"frame hi"});
  expect_decoded("u64be", 9999, from_hex("0000000000000002 6869"), {"frame hi"});
  const std::string long_text(258, 'y');
  expect_decoded("u16be", 9999, from_hex("0102") + long_text, {"frame " + long_text});
  expect_decoded("u16le", 9999, from_hex("0201") + long_text, {"frame " + long_text});
  expect_decoded("u32le", 9999, from_hex("02010000") + long_text, {"frame " + long_text});
}

Test(length_codec, encodes_what_it_decodes) {
  expect_encoded("decimal:3", "hello", "005hello");
  expect_encoded("decimal:3", "", "000");
  expect_encoded("u8", "hi", from_hex("02 6869"));
  expect_encoded("u16be", "hi", from_hex("0002 6869"));
  expect_encoded("u16le", "hi", from_hex("0200 6869"));
  expect_encoded("u32be", "hi", from_hex("00000002 6869"));
  expect_encoded("u32le", "hi", from_hex("02000000 6869"));
  expect_encoded("u64be", "hi", from_hex("0000000000000002 6869"));
  const std::string long_text(258, 'y');
  expect_encoded("u16be", long_text, from_hex("0102") + long_text);
  expect_encoded("u32le", long_text, from_hex("02010000") + long_text);
}

Test(length_codec, rejects_a_payload_that_is_too_long_for_the_length_field) {
  expect_encoded("decimal:3", std::string(999, 'x'), "999" + std::string(999, 'x'));
  expect_encoded(
      "decimal:3", std::string(1000, 'x'),
      "error 0: a payload of 1000 bytes is above the maximum of 999 for its length field");
  expect_encoded(
      "u8", std::string(256, 'x'),
      "error 0: a payload of 256 bytes is above the maximum of 255 for its length field");
  expect_encoded(
      "u16le", std::string(65536, 'x'),
      "error 0: a payload of 65536 bytes is above the maximum of 65535 for its length field");
}

Test(length_codec, returns_its_sizes) {
  cr_expect(DecimalCodec(3).max_payload() == 999);
  cr_expect(DecimalCodec(3).max_frame_size(255) == 258);
  cr_expect(DecimalCodec(3).max_frame_size(5000) == 1002);
  cr_expect(DecimalCodec(19).max_payload() == 9'999'999'999'999'999'999u);
  cr_expect(BinaryCodec(1, std::endian::big).max_payload() == 255);
  cr_expect(BinaryCodec(4, std::endian::big).max_payload() == 4'294'967'295);
  cr_expect(BinaryCodec(8, std::endian::big).max_payload() == 18'446'744'073'709'551'615u);
  cr_expect(BinaryCodec(2, std::endian::little).max_frame_size(70'000) == 65'537);
}
