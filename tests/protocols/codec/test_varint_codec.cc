// Varint lengths: vectors from the Protocol Buffers library (its Python encoder), and each form
// that is not canonical.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/varint_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;

Test(varint_codec, reads_and_writes_the_known_vectors) {
  const struct {
    std::size_t size;
    const char* hex;
  } vectors[] = {{0, "00"},           {1, "01"},      {127, "7f"},       {128, "80 01"},
                 {150, "96 01"},      {300, "ac 02"}, {16'383, "ff 7f"}, {16'384, "80 80 01"},
                 {86'942, "9e a7 05"}};
  for (const auto& vector : vectors) {
    const std::string payload = numbered(vector.size);
    const std::string wire = from_hex(vector.hex) + payload;
    cr_expect(encoded(VarintCodec(), payload) == wire, "%zu", vector.size);
    const auto outcome = decode_pieces(VarintCodec(), 100'000, {wire.substr(0, 1), wire.substr(1)});
    cr_expect(outcome.events == Lines{"frame " + payload}, "%zu", vector.size);
    cr_expect(outcome.rest.empty());
  }
}

Test(varint_codec, rejects_all_but_the_shortest_form) {
  const std::string what = "the varint ends in a zero byte; only the shortest form is allowed";
  expect_decoded("varint", 99, from_hex("80 00"), {"error 1: " + what});
  expect_decoded("varint", 99, from_hex("01 78 82 80 00 7878"), {"frame x", "error 4: " + what});
  expect_decoded("varint", 99, from_hex("80 80 80 80 80 80 80 80 80 00"), {"error 9: " + what});
}

Test(varint_codec, rejects_more_than_64_bits) {
  const std::string what = "the varint has more than 64 bits; a tenth byte must be 0x01";
  expect_decoded("varint", 99, from_hex("ff ff ff ff ff ff ff ff ff 02"), {"error 9: " + what});
  expect_decoded("varint", 99, from_hex("80 80 80 80 80 80 80 80 80 81"), {"error 9: " + what});
  expect_decoded("varint", 99, from_hex("ff ff ff ff ff ff ff ff ff ff 01"), {"error 9: " + what});
}

Test(varint_codec, rejects_a_length_above_the_limit_when_the_header_has_arrived) {
  expect_decoded("varint", 299, from_hex("ac 02"),
                 {"error 0: a message of 300 bytes is above the limit of 299 (skippable)"});
  expect_decoded(
      "varint", 299, from_hex("80 80 80 80 80 80 80 80 80 01"),
      {"error 0: a message of 9223372036854775808 bytes is above the limit of 299 (skippable)"});
  expect_decoded(
      "varint", 299, from_hex("ff ff ff ff ff ff ff ff ff 01"),
      {"error 0: a message of 18446744073709551615 bytes is above the limit of 299 (skippable)"});
}

Test(varint_codec, waits_for_the_rest_of_a_length) {
  expect_decoded("varint", 99, from_hex("80 80 80"), {}, from_hex("80 80 80"));
}

Test(varint_codec, skips_a_message_that_is_too_long) {
  expect_decoded("varint", 2, from_hex("03 616263 02 6869"),
                 {"error 0: a message of 3 bytes is above the limit of 2 (skippable)", "frame hi"},
                 "", true);
}
