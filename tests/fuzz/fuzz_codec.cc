// Every codec: how the stream is cut makes no difference, no payload is above the limit, no more
// than max_frame_size() is held, and what was decoded is encoded to a frame that decodes to it.
#include <memory>
#include <string>
#include <vector>

#include "fuzz.h"
#include <sluice/codec_registry.h>
#include <sluice/decoder.h>

using namespace sluice;
using fuzz::Choices;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const std::vector<std::unique_ptr<const Codec>>& codecs() {
  static const auto all = [] {
    std::vector<std::unique_ptr<const Codec>> made;
    for (const CodecFamily& family : codec_families()) made.push_back(make_codec(family.example));
    for (const auto* more : {"decimal:1", "decimal:19", "fixed:1", "delimiter:616162"}) {
      made.push_back(make_codec(more));
    }
    return made;
  }();
  return all;
}

// Every frame and error, written down: "f<payload>", "e<offset>".
struct Seen {
  std::vector<std::string> events;
  std::size_t rest = 0;
};

void check_round_trip(const Codec& codec, std::string_view payload, std::size_t limit) {
  CodecScratch scratch;
  const Encoded frame = codec.encode(bytes_of(payload), scratch);
  if (!frame) return;  // as an empty slip frame: it is read and never written
  std::string wire;
  for (const auto part : frame.parts()) wire += text_of(part);
  Decoder decoder(codec, limit);
  const Decoded decoded = decoder.decode(bytes_of(wire), scratch);
  SLUICE_MUST(decoded.status == DecodeStatus::frame && decoded.consumed == wire.size());
  SLUICE_MUST(text_of(decoded.payload) == payload);
}

// Shows `wire` as it arrives, in pieces of at most `piece` bytes.
Seen decode(const Codec& codec, std::size_t limit, std::string_view wire, std::size_t piece,
            bool skip) {
  Seen seen;
  CodecScratch scratch;
  Decoder decoder(codec, limit);
  std::size_t begin = 0;
  std::size_t end = 0;
  while (true) {
    const Decoded decoded = decoder.decode(bytes_of(wire.substr(begin, end - begin)), scratch);
    SLUICE_MUST(decoded.consumed <= end - begin);
    begin += decoded.consumed;
    if (decoded.status == DecodeStatus::frame) {
      SLUICE_MUST(decoded.payload.size() <= limit && decoded.consumed > 0);
      const std::string payload(text_of(decoded.payload));
      seen.events.push_back("f" + payload);
      check_round_trip(codec, payload, limit);
    } else if (decoded.status == DecodeStatus::error) {
      seen.events.push_back("e" + std::to_string(decoded.error.offset));
      if (!skip || !decoded.error.can_skip) break;
      decoder.skip();
    } else {
      SLUICE_MUST(end - begin <= codec.max_frame_size(limit));
      if (end == wire.size()) break;
      end = std::min(wire.size(), end + piece);
    }
  }
  seen.rest = end - begin;
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const Codec& codec = *codecs()[choices.any(codecs().size())];
  const std::size_t limit = choices.any(300);
  const std::size_t piece = choices.any(9) + 1;
  const bool skip = choices.any(2) == 1;
  const std::string_view wire = choices.rest();
  if (limit < codec.min_limit()) return 0;
  const Seen whole = decode(codec, limit, wire, wire.size() + 1, skip);
  const Seen cut = decode(codec, limit, wire, piece, skip);
  SLUICE_MUST(whole.events == cut.events);
  return 0;
}
