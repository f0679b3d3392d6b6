// Frames of a fixed size.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/fixed_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;

Test(fixed_codec, splits_the_stream_into_frames_of_one_size) {
  expect_decoded("fixed:3", 3, "abcdefgh", {"frame abc", "frame def"}, "gh");
  expect_decoded("fixed:1", 99, "ab", {"frame a", "frame b"});
  expect_decoded("fixed:3", 3, "", {});
}

Test(fixed_codec, rejects_frames_if_its_size_is_above_the_limit) {
  const std::string what = ": a message of 3 bytes is above the limit of 2 (skippable)";
  expect_decoded("fixed:3", 2, "a", {"error 0" + what});
  expect_decoded("fixed:3", 2, "abcd", {"error 0" + what, "error 3" + what}, "", true);
}

Test(fixed_codec, rejects_a_payload_of_another_size) {
  expect_encoded("fixed:3", "abc", "abc");
  expect_encoded("fixed:3", "ab", "error 0: a payload of 2 bytes has the wrong size; allowed: 3");
  expect_encoded("fixed:3", "", "error 0: a payload of 0 bytes has the wrong size; allowed: 3");
}

Test(fixed_codec, returns_its_sizes) {
  cr_expect(FixedCodec(16).max_payload() == 16);
  cr_expect(FixedCodec(16).default_limit() == 16);
  cr_expect(FixedCodec(16).max_frame_size(99) == 16);
}
