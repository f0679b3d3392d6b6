// The decoder: positions, errors that repeat, and skipping.
#include <string>

#include <criterion/criterion.h>

#include "protocols/codec/line_codec.h"
#include "support/codecs.h"

using namespace sluice;
using namespace sluice::test;

Test(decoder, counts_the_bytes_that_it_consumed) {
  const LineCodec codec;
  Decoder decoder(codec, 10);
  CodecScratch scratch;
  const std::string wire = "one\ntwo\nthr";
  cr_expect(decoder.decode(bytes_of(wire), scratch).consumed == 4);
  cr_expect(decoder.position() == 4);
  cr_expect(decoder.decode(bytes_of(wire).subspan(4), scratch).consumed == 4);
  cr_expect(decoder.decode(bytes_of(wire).subspan(8), scratch).status == DecodeStatus::need_more);
  cr_expect(decoder.position() == 8);
  cr_expect(decoder.limit() == 10);
  cr_expect(&decoder.codec() == &codec);
}

Test(decoder, returns_the_same_error_until_the_frame_is_skipped) {
  const LineCodec codec;
  Decoder decoder(codec, 3);
  CodecScratch scratch;
  const std::string wire = "ok\ntoo long\nok\n";
  (void)decoder.decode(bytes_of(wire), scratch);
  for (int i = 0; i < 2; ++i) {
    const Decoded error = decoder.decode(bytes_of(wire).subspan(3), scratch);
    cr_expect(error.status == DecodeStatus::error);
    cr_expect(error.consumed == 0);
    cr_expect(error.error.offset == 6);
  }
  decoder.skip();
  cr_expect(decoder.is_skipping());
  const Decoded next = decoder.decode(bytes_of(wire).subspan(3), scratch);
  cr_expect(next.consumed == 12);
  cr_expect(text_of(next.payload) == "ok");
  cr_expect(!decoder.is_skipping());
  cr_expect(decoder.position() == wire.size());
}

Test(decoder, drops_the_bytes_of_a_skipped_frame_as_they_arrive) {
  const auto codec = make_codec("decimal:3");
  Decoder decoder(*codec, 3);
  CodecScratch scratch;
  cr_assert(decoder.decode(bytes_of("100"), scratch).error.frame_size == 103);
  decoder.skip();
  const std::string part(60, 'x');
  cr_expect(decoder.decode(bytes_of(part), scratch).consumed == 60);
  cr_expect(decoder.is_skipping());
  const Decoded next = decoder.decode(bytes_of(part.substr(0, 43) + "002hi"), scratch);
  cr_expect(next.consumed == 48);
  cr_expect(next.status == DecodeStatus::frame);
}

Test(decoder, reports_an_end_of_input_inside_a_frame) {
  const auto codec = make_codec("decimal:3");
  Decoder decoder(*codec, 255);
  CodecScratch scratch;
  cr_expect(!decoder.end(0), "a stream of no bytes is whole");
  (void)decoder.decode(bytes_of("002hi005hel"), scratch);
  (void)decoder.decode(bytes_of("005hel"), scratch);
  const CodecError error = decoder.end(6);
  cr_expect(error.fault == CodecFault::ends_early);
  cr_expect(error.offset == 11 && error.found == 6);
  cr_expect(error.message() == "the input ends inside a frame, after 6 bytes");
  cr_expect(!error.can_skip);
}

Test(decoder, does_not_report_an_end_of_input_inside_a_skipped_frame) {
  const LineCodec codec;
  Decoder decoder(codec, 3);
  CodecScratch scratch;
  (void)decoder.decode(bytes_of("too long"), scratch);
  decoder.skip();
  (void)decoder.decode(bytes_of("too long"), scratch);
  cr_expect(decoder.is_skipping());
  cr_expect(!decoder.end(0));
}

Test(decoder, is_made_for_limits_that_let_something_through) {
  cr_expect(make_codec("fixed:16")->min_limit() == 16);
  cr_expect(make_codec("slip")->min_limit() == 1);
  for (const char* name : {"decimal:3", "u8", "u64be", "varint", "netstring", "line"}) {
    cr_expect(make_codec(name)->min_limit() == 0);
  }
}
