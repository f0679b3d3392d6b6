// For tests of codecs: a stream in pieces, and the results of a decoder as text.
#ifndef SLUICE_TESTS_SUPPORT_CODECS_H
#define SLUICE_TESTS_SUPPORT_CODECS_H

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "text.h"
#include <sluice/codec_registry.h>
#include <sluice/decoder.h>

namespace sluice::test {

// "05 68" as the bytes 0x05 and 0x68.
inline std::string from_hex(std::string_view hex) {
  std::string result;
  std::string digits;
  for (const char digit : hex) {
    if (digit == ' ') continue;
    digits += digit;
    if (digits.size() < 2) continue;
    result += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return result;
}

using Lines = std::vector<std::string>;

struct Outcome {
  Lines events;          // "frame hello", "error 3: text (skippable)"
  std::string rest;      // the unconsumed bytes at the end
  std::size_t held = 0;  // the maximum of unconsumed bytes
};

// Passes the pieces to a decoder as a connection would. With `skip` it continues after an error
// that allows it; any other error ends it.
inline Outcome decode_pieces(const Codec& codec, std::size_t limit, const Lines& pieces,
                             bool skip = false) {
  Decoder decoder(codec, limit);
  CodecScratch scratch;
  Outcome outcome;
  std::string& unread = outcome.rest;
  for (const std::string& piece : pieces) {
    unread += piece;
    for (;;) {
      // In memory of exactly this size, so that a sanitizer detects reads beyond it.
      const std::unique_ptr<std::byte[]> exact(new std::byte[unread.size()]);
      std::copy_n(bytes_of(unread).begin(), unread.size(), exact.get());
      const Decoded one = decoder.decode({exact.get(), unread.size()}, scratch);
      cr_assert(one.consumed <= unread.size());
      unread.erase(0, one.consumed);
      if (one.status == DecodeStatus::need_more) break;
      if (one.status == DecodeStatus::frame) {
        cr_assert(one.consumed > 0 && one.payload.size() <= limit);
        outcome.events.push_back("frame " + text_of(one.payload));
        continue;
      }
      outcome.events.push_back("error " + std::to_string(one.error.offset) + ": " +
                               one.error.message() + (one.error.can_skip ? " (skippable)" : ""));
      if (!skip || !one.error.can_skip) return outcome;
      decoder.skip();
    }
    outcome.held = std::max(outcome.held, unread.size());
  }
  return outcome;
}

inline Lines one_by_one(std::string_view text) {
  Lines pieces;
  for (const char byte : text) pieces.emplace_back(1, byte);
  return pieces;
}

// `wire` gives these events and leaves `rest`, as a whole and one byte at a time.
inline void expect_decoded(std::string_view name, std::size_t limit, const std::string& wire,
                           const Lines& events, std::string_view rest = "", bool skip = false) {
  const auto codec = make_codec(name);
  for (const Lines& pieces : {Lines{wire}, one_by_one(wire)}) {
    const Outcome outcome = decode_pieces(*codec, limit, pieces, skip);
    for (std::size_t i = 0; i < std::max(events.size(), outcome.events.size()); ++i) {
      const std::string want = i < events.size() ? events[i] : "nothing";
      const std::string got = i < outcome.events.size() ? outcome.events[i] : "nothing";
      cr_expect(got == want, "%s, %zu pieces: event %zu is\n  %s\n  not\n  %s",
                codec->name().c_str(), pieces.size(), i, got.c_str(), want.c_str());
    }
    const bool failed = !events.empty() && events.back().starts_with("error") && !skip;
    cr_expect(failed || outcome.rest == rest, "%s: rest is \"%s\"", codec->name().c_str(),
              outcome.rest.c_str());
  }
}

// The frame as one string, or "error 3: text" if there is none.
inline std::string encoded(const Codec& codec, std::string_view payload) {
  CodecScratch scratch;
  const Encoded frame = codec.encode(bytes_of(payload), scratch);
  if (!frame) {
    cr_expect(frame.size() == 0);
    return "error " + std::to_string(frame.error().offset) + ": " + frame.error().message();
  }
  std::string wire;
  for (const auto part : frame.parts()) wire += text_of(part);
  cr_expect(wire.size() == frame.size());
  return wire;
}

inline void expect_encoded(std::string_view name, std::string_view payload,
                           const std::string& want) {
  const std::string got = encoded(*make_codec(name), payload);
  cr_expect(got == want, "%s: \"%s\", not \"%s\"", std::string(name).c_str(), got.c_str(),
            want.c_str());
}

}  // namespace sluice::test

#endif
