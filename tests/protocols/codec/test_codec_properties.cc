// Properties of all codecs in the registry: the result does not depend on how the stream is split,
// an encoded message is decoded unchanged, no decoder waits for a payload above the limit, and none
// examines a byte many times.
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/codecs.h"
#include "support/page_touches.h"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::uint32_t kSeed = 20261121;

using CodecPtr = std::unique_ptr<const Codec>;

std::vector<CodecPtr> every_codec() {
  std::vector<CodecPtr> all;
  for (const CodecFamily& family : codec_families()) all.push_back(make_codec(family.example));
  for (const auto* more : {"decimal:1", "decimal:19", "fixed:1", "delimiter:00", "delimiter:616162",
                           "delimiter:0d0a0d0a0d0a0d0a"}) {
    all.push_back(make_codec(more));
  }
  return all;
}

Lines random_pieces(std::string_view text, std::mt19937& random) {
  Lines pieces;
  while (!text.empty()) {
    const std::size_t most = random() % 4 == 0 ? 40 : 3;
    const std::size_t size = std::min<std::size_t>(text.size(), random() % (most + 1));
    pieces.emplace_back(text.substr(0, size));  // an empty piece is a read without bytes
    text.remove_prefix(size);
  }
  return pieces;
}

// Random bytes, with those that have a meaning in some codec more often than others.
std::string random_bytes(std::size_t size, std::mt19937& random) {
  static const std::string special = "\r\n0129:,ab\xc0\xdb\xdc\xdd\x80\x01" + std::string(2, '\0');
  std::string text;
  while (text.size() < size) {
    text += random() % 2 == 0 ? special[random() % special.size()] : static_cast<char>(random());
  }
  return text;
}

// A payload of that size that the codec can encode, if there is one.
std::optional<std::string> payload_for(const Codec& codec, std::size_t size, std::mt19937& random) {
  CodecScratch scratch;
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::string payload = attempt < 10 ? random_bytes(size, random) : std::string(size, 'x');
    if (codec.encode(bytes_of(payload), scratch)) return payload;
  }
  return {};
}

// At most `limit` and max_payload(). For a codec of a fixed size, that size.
std::size_t a_size(const Codec& codec, std::mt19937& random, std::size_t limit) {
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(codec.max_payload(), limit));
  return codec.name().starts_with("fixed:") ? most : random() % (most + 1);
}

void expect_same(const Codec& codec, const Outcome& got, const Outcome& want, const char* how) {
  cr_expect(got.events == want.events, "%s, %s: %zu events, not %zu", codec.name().c_str(), how,
            got.events.size(), want.events.size());
  cr_expect(got.rest.size() == want.rest.size(), "%s, %s: %zu bytes are left, not %zu",
            codec.name().c_str(), how, got.rest.size(), want.rest.size());
}

}  // namespace

Test(codec_properties, frames_do_not_depend_on_how_the_stream_is_split) {
  std::mt19937 random(kSeed);
  for (const CodecPtr& codec : every_codec()) {
    const std::size_t limit = 60;
    Lines want;
    std::string wire;
    for (int i = 0; i < 30; ++i) {
      const auto payload = payload_for(*codec, a_size(*codec, random, limit), random);
      if (!payload) continue;
      want.push_back("frame " + *payload);
      wire += encoded(*codec, *payload);
    }
    cr_expect(want.size() >= 15, "%s: %zu", codec->name().c_str(), want.size());
    const Outcome whole = decode_pieces(*codec, limit, {wire});
    cr_expect(whole.events == want, "%s", codec->name().c_str());
    cr_expect(whole.rest.empty(), "%s", codec->name().c_str());
    expect_same(*codec, decode_pieces(*codec, limit, one_by_one(wire)), whole, "a byte at a time");
    for (int i = 0; i < 20; ++i) {
      expect_same(*codec, decode_pieces(*codec, limit, random_pieces(wire, random)), whole, "cut");
    }
  }
}

Test(codec_properties, errors_and_skips_do_not_depend_on_how_the_stream_is_split, .timeout = 60) {
  std::mt19937 random(kSeed);
  for (const CodecPtr& codec : every_codec()) {
    for (int round = 0; round < 200; ++round) {
      const std::size_t limit = random() % 12;
      const std::string wire = random_bytes(random() % 120, random);
      for (const bool skip : {false, true}) {
        const Outcome whole = decode_pieces(*codec, limit, {wire}, skip);
        const Outcome bytewise = decode_pieces(*codec, limit, one_by_one(wire), skip);
        cr_expect(bytewise.events == whole.events, "%s", codec->name().c_str());
        cr_expect(
            decode_pieces(*codec, limit, random_pieces(wire, random), skip).events == whole.events,
            "%s", codec->name().c_str());
        cr_expect(whole.held <= codec->max_frame_size(limit), "%s: %zu held", codec->name().c_str(),
                  whole.held);
        cr_expect(bytewise.held <= codec->max_frame_size(limit), "%s: %zu held",
                  codec->name().c_str(), bytewise.held);
      }
    }
  }
}

Test(codec_properties, an_encoded_message_is_decoded_up_to_the_limit_and_not_above_it) {
  std::mt19937 random(kSeed);
  int refused = 0;
  for (const CodecPtr& codec : every_codec()) {
    for (const std::size_t limit : {std::size_t{1}, std::size_t{9}, std::size_t{254}}) {
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, limit - 1, limit, limit + 1}) {
        const auto payload = payload_for(*codec, size, random);
        if (!payload) continue;
        const std::string wire = encoded(*codec, *payload);
        const Outcome outcome = decode_pieces(*codec, limit, {wire});
        cr_assert(outcome.events.size() == 1, "%s of %zu", codec->name().c_str(), size);
        if (size <= limit) {
          cr_expect(outcome.events[0] == "frame " + *payload, "%s", codec->name().c_str());
        } else {
          cr_expect(outcome.events[0].starts_with("error "), "%s", codec->name().c_str());
          cr_expect(outcome.events[0].ends_with("(skippable)"), "%s", codec->name().c_str());
          ++refused;
        }
      }
    }
  }
  cr_expect(refused >= 3 * 15);
}

Test(codec_properties, neither_direction_copies_a_payload) {
  for (const CodecPtr& codec : every_codec()) {
    const std::size_t size = codec->name().starts_with("fixed:") ? codec->max_payload() : 9;
    const std::string payload(size, 'x');  // which slip need not escape
    CodecScratch scratch;
    const Encoded frame = codec->encode(bytes_of(payload), scratch);
    cr_assert(static_cast<bool>(frame), "%s", codec->name().c_str());
    cr_expect(frame.payload().data() == bytes_of(payload).data(), "%s", codec->name().c_str());

    const std::string wire = encoded(*codec, payload);
    Decoder decoder(*codec, size);
    const Decoded one = decoder.decode(bytes_of(wire), scratch);
    cr_assert(one.status == DecodeStatus::frame, "%s", codec->name().c_str());
    cr_expect(one.payload.data() == bytes_of(wire).data() + frame.header().size(), "%s",
              codec->name().c_str());
  }
}

Test(codec_properties, every_prefix_of_a_frame_waits_for_more) {
  std::mt19937 random(kSeed);
  for (const CodecPtr& codec : every_codec()) {
    const auto payload = payload_for(*codec, a_size(*codec, random, 40), random);
    cr_assert(payload.has_value());
    const std::string wire = encoded(*codec, *payload);
    for (std::size_t size = 0; size < wire.size(); ++size) {
      const Outcome outcome = decode_pieces(*codec, 60, {wire.substr(0, size)});
      cr_expect(outcome.events.empty(), "%s: %zu of %zu", codec->name().c_str(), size, wire.size());
    }
  }
}

Test(codec_properties, an_endless_frame_is_not_buffered) {
  for (const CodecPtr& codec : every_codec()) {
    for (const char byte : {'x', '0', '1', '\r', '\x80', '\xc0', '\xdb', '\xff'}) {
      const Lines pieces = one_by_one(std::string(2000, byte));
      const Outcome outcome = decode_pieces(*codec, 100, pieces, true);
      cr_expect(outcome.held <= codec->max_frame_size(100), "%s held %zu bytes of 0x%02x",
                codec->name().c_str(), outcome.held, static_cast<unsigned char>(byte));
    }
  }
}

Test(codec_properties, parse_codec_accepts_the_name_of_each_codec) {
  for (const CodecPtr& codec : every_codec()) {
    cr_expect(make_codec(codec->name())->name() == codec->name());
  }
}

// A frame of many pages arrives one byte at a time. A decoder that starts again from its beginning
// reads half of the pages each time; one that stores its progress reads one or two.
Test(codec_properties, the_cost_is_linear_when_a_frame_trickles_in, .timeout = 60) {
  constexpr std::size_t kSize = 20'000;
  auto codecs = every_codec();
  codecs.push_back(make_codec("fixed:20000"));
  codecs.push_back(make_codec("decimal:5"));
  for (const CodecPtr& codec : codecs) {
    if (codec->max_payload() < kSize) continue;
    // For slip half of it is escapes.
    const bool slip = codec->name() == "slip";
    std::string payload(kSize, 'x');
    for (std::size_t i = 0; slip && i < payload.size(); i += 3) payload[i] = '\xdb';
    const std::string wire = encoded(*codec, payload);
    PageTouches memory(wire);
    Decoder decoder(*codec, kSize);
    CodecScratch scratch;
    std::size_t consumed = 0;
    std::size_t calls = 0;
    bool framed = false;
    for (std::size_t seen = 1; seen <= wire.size(); ++seen, ++calls) {
      memory.arm();
      const Decoded one =
          decoder.decode(memory.bytes().subspan(consumed, seen - consumed), scratch);
      consumed += one.consumed;
      framed = one.status == DecodeStatus::frame;
      if (framed) cr_expect(text_of(one.payload) == payload, "%s", codec->name().c_str());
    }
    cr_expect(framed, "%s", codec->name().c_str());
    // A codec with a length in the header reads no byte until all have arrived. The others read the
    // new bytes, which may be on two pages, and slip reads them again to unescape them.
    const std::string name = codec->name();
    const bool searches = name == "line" || slip || name.starts_with("delimiter:");
    const std::size_t most = (searches ? calls + calls / 100 : 30) + 4 * memory.pages();
    cr_expect(memory.count() <= most, "%s: %zu pages looked at in %zu calls", codec->name().c_str(),
              memory.count(), calls);
  }
}
