// Encodes messages, and decodes a stream that arrives in pieces.
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <sluice/codec_registry.h>
#include <sluice/decoder.h>

using sluice::Codec;
using sluice::CodecScratch;
using sluice::DecodeStatus;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string frame(const Codec& codec, std::string_view message) {
  CodecScratch scratch;
  const auto encoded = codec.encode(bytes_of(message), scratch);
  if (!encoded) return "error: " + encoded.error().message();
  std::string wire;  // A connection sends the parts instead.
  for (const auto part : encoded.parts()) wire += text_of(part);
  return wire;
}

// Works like a handler's on_data(): returns the number of consumed bytes.
std::size_t on_data(sluice::Decoder& decoder, std::string_view in) {
  static CodecScratch scratch;
  for (std::size_t used = 0;;) {
    const auto rest = bytes_of(in).subspan(used);
    const auto next = decoder.decode(rest, scratch);
    used += next.consumed;
    if (next.status == DecodeStatus::need_more) return used;
    if (next.status == DecodeStatus::frame) {
      std::printf("message \"%s\"\n", text_of(next.payload).c_str());
      continue;
    }
    const auto offset = static_cast<unsigned long>(next.error.offset);
    const auto what = next.error.message();
    std::printf("error at byte %lu: %s\n", offset, what.c_str());
    if (!next.error.can_skip) return in.size();  // a handler would close()
    decoder.skip();
  }
}

}  // namespace

int main() {
  const auto codec = sluice::make_codec("decimal:3");
  std::printf("%s\n", frame(*codec, "hello").c_str());
  std::printf("%s\n", frame(*codec, std::string(1000, 'x')).c_str());

  sluice::Decoder decoder(*codec, 10);
  std::string unread;
  for (const char* piece :
       {"00", "5hello002h", "i011too long ", "to003yes", "0x3"}) {
    unread += piece;
    unread.erase(0, on_data(decoder, unread));
    std::printf("  %zu bytes are left\n", unread.size());
  }

  const auto wrong = sluice::parse_codec("decimal:20");
  const auto& error = std::get<sluice::CodecNameError>(wrong);
  std::printf("%s\n", error.message.c_str());
}
