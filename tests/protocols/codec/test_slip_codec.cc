// SLIP: the escapes of RFC 1055, payloads that are not copied, and where the next frame begins.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/slip_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

Test(slip_codec, encodes_as_send_packet_of_rfc_1055_does) {
  expect_encoded("slip", "hello", "\xc0hello\xc0");
  expect_encoded("slip", "\xc0", from_hex("c0 db dc c0"));
  expect_encoded("slip", "\xdb", from_hex("c0 db dd c0"));
  expect_encoded("slip", "a\xc0\xdb"s + "b\xdb", from_hex("c0 61 db dc db dd 62 db dd c0"));
  expect_encoded("slip", "\xdc\xdd", from_hex("c0 dc dd c0"));
  expect_encoded("slip", "", "error 0: the payload is empty; slip has no empty frame");
}

Test(slip_codec, reads_frames_with_and_without_escapes) {
  expect_decoded("slip", 99, from_hex("c0 6869 c0 c0 61 db dc db dd 62 c0"),
                 {"frame hi", "frame a\xc0\xdb"s + "b"});
  expect_decoded("slip", 99, from_hex("6869 c0"), {"frame hi"});
  expect_decoded("slip", 99, from_hex("c0 db dc c0 db dd c0 dc c0"),
                 {"frame \xc0", "frame \xdb", "frame \xdc"});
  expect_decoded("slip", 99, from_hex("c0 6869 db"), {}, from_hex("6869 db"));
}

Test(slip_codec, ignores_repeated_ends_and_consumes_them) {
  expect_decoded("slip", 99, from_hex("c0 c0 c0 c0"), {});
  const auto outcome = decode_pieces(SlipCodec(), 9, one_by_one(std::string(5000, '\xc0')));
  cr_expect(outcome.events.empty());
  cr_expect(outcome.held == 0);
}

Test(slip_codec, rejects_an_escape_of_any_other_byte) {
  expect_decoded("slip", 99, from_hex("c0 61 db 62 c0"),
                 {"error 3: byte 0x62 follows ESC (0xdb); allowed: 0xdc or 0xdd (skippable)"});
  expect_decoded(
      "slip", 99, from_hex("61 c0 c0 62 db c0"),
      {"frame a", "error 5: byte 0xc0 follows ESC (0xdb); allowed: 0xdc or 0xdd (skippable)"});
}

Test(slip_codec, counts_the_limit_in_payload_bytes) {
  expect_decoded("slip", 3, from_hex("c0 db dc db dc db dc c0 616263 c0"),
                 {"frame \xc0\xc0\xc0", "frame abc"});
  const std::string what = ": the message has no end within the limit of 3 bytes (skippable)";
  expect_decoded("slip", 3, from_hex("c0 61626364"), {"error 4" + what});
  expect_decoded("slip", 3, from_hex("c0 616263 db"), {"error 4" + what});
  expect_decoded("slip", 3, from_hex("c0 61 db dc 62 db dd c0"), {"error 5" + what});
  expect_decoded("slip", 0, from_hex("c0 c0 61"),
                 {"error 2: the message has no end within the "
                  "limit of 0 bytes (skippable)"});
}

Test(slip_codec, continues_after_the_end_of_a_rejected_frame) {
  expect_decoded(
      "slip", 3, from_hex("c0 61626364656667 c0 6869 c0 61 db db 61 c0 6f6b c0"),
      {"error 4: the message has no end within the limit of 3 bytes (skippable)", "frame hi",
       "error 14: byte 0xdb follows ESC (0xdb); allowed: 0xdc or 0xdd (skippable)", "frame ok"},
      "", true);
}

Test(slip_codec, copies_only_frames_with_escapes) {
  const std::string wire = from_hex("6869 c0 61 db dc c0");
  const SlipCodec codec;
  Decoder decoder(codec, 99);
  CodecScratch scratch;
  const Decoded plain = decoder.decode(bytes_of(wire), scratch);
  cr_expect(plain.payload.data() == bytes_of(wire).data());
  const Decoded escaped = decoder.decode(bytes_of(wire).subspan(plain.consumed), scratch);
  cr_expect(text_of(escaped.payload) == "a\xc0");
  cr_expect(escaped.payload.data() == scratch.decoded.data());

  // A decoded payload can be encoded again without a copy in between.
  const Encoded again = codec.encode(escaped.payload, scratch);
  cr_expect(text_of(again.payload()) == from_hex("61 db dc"));
  cr_expect(text_of(escaped.payload) == "a\xc0");
  const std::string clean = "clean";
  cr_expect(codec.encode(bytes_of(clean), scratch).payload().data() == bytes_of(clean).data());
}

Test(slip_codec, keeps_no_more_than_the_limit_in_its_scratch) {
  std::string frame = from_hex("c0");
  for (int i = 0; i < 100; ++i) frame += from_hex("db dd");
  frame += from_hex("c0");
  const SlipCodec codec;
  Decoder decoder(codec, 100);
  CodecScratch scratch;
  cr_expect(decoder.decode(bytes_of(frame), scratch).payload.size() == 100);
  cr_expect(scratch.decoded.capacity() == 100);
}
