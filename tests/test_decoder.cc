// The decoder's own part: positions, errors that stay, and skipping.
#include <string>

#include <criterion/criterion.h>

#include "support/codecs.h"
#include <sluice/protocols/line_codec.h>

using namespace sluice;
using namespace sluice::test;

Test(decoder, counts_what_it_consumed) {
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

Test(decoder, says_the_same_error_until_it_is_skipped) {
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
  cr_expect(decoder.skipping());
  const Decoded next = decoder.decode(bytes_of(wire).subspan(3), scratch);
  cr_expect(next.consumed == 12);
  cr_expect(text_of(next.payload) == "ok");
  cr_expect(!decoder.skipping());
  cr_expect(decoder.position() == wire.size());
}

Test(decoder, drops_what_it_skips_as_it_arrives) {
  const auto codec = codec_from("decimal:3");
  Decoder decoder(*codec, 3);
  CodecScratch scratch;
  cr_assert(decoder.decode(bytes_of("100"), scratch).error.frame_size == 103);
  decoder.skip();
  const std::string part(60, 'x');
  cr_expect(decoder.decode(bytes_of(part), scratch).consumed == 60);
  cr_expect(decoder.skipping());
  const Decoded next = decoder.decode(bytes_of(part.substr(0, 43) + "002hi"), scratch);
  cr_expect(next.consumed == 48);
  cr_expect(next.status == DecodeStatus::frame);
}
