#include "utf8_stream.h"

#include <cstdint>
#include <cstring>

namespace sluice {
namespace {

// The number of bytes of ASCII at the beginning, in steps of a word.
std::size_t ascii_words(std::span<const std::byte> bytes) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

bool Utf8Stream::feed(std::span<const std::byte> bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (next_.size != 0) {
      if (byte < next_.from || byte > next_.to) return false;
      next_ = {next_.size - 1, 0x80, 0xBF};
      ++at;
    } else if (byte >= 0x80) {
      next_ = utf8_tail_of(byte);
      if (next_.size == 0) return false;
      ++at;
    } else {
      const std::size_t words = ascii_words(bytes.subspan(at));
      at += words == 0 ? 1 : words;
    }
  }
  return true;
}

bool is_utf8(std::span<const std::byte> text) noexcept {
  Utf8Stream stream;
  return stream.feed(text) && stream.is_whole();
}

}  // namespace sluice
