#include "sha1.h"

#include <bit>

namespace sluice {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLength = 8;  // bytes of the length at the end of the last block

using State = std::array<std::uint32_t, 5>;
using Block = std::array<std::uint8_t, kBlock>;

// RFC 3174, section 5: the function and the constant of round `t`.
std::uint32_t mix(std::size_t t, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999U;
  if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1U;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU;
  return (b ^ c ^ d) + 0xCA62C1D6U;
}

// Section 6.1.
void add_block(State& state, const Block& block) noexcept {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < kBlock; ++i) words.at(i / 4) = words.at(i / 4) << 8U | block.at(i);
  for (std::size_t t = 16; t < words.size(); ++t) {
    words.at(t) =
        std::rotl(words.at(t - 3) ^ words.at(t - 8) ^ words.at(t - 14) ^ words.at(t - 16), 1);
  }
  auto [a, b, c, d, e] = state;
  for (std::size_t t = 0; t < words.size(); ++t) {
    const std::uint32_t next = std::rotl(a, 5) + mix(t, b, c, d) + e + words.at(t);
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const State added = {a, b, c, d, e};
  for (std::size_t i = 0; i < state.size(); ++i) state.at(i) += added.at(i);
}

}  // namespace

Sha1 sha1_of(std::string_view text) noexcept {
  State state = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  Block block{};
  std::size_t filled = 0;
  const auto put = [&](std::uint8_t byte) {
    block.at(filled++) = byte;
    if (filled < kBlock) return;
    add_block(state, block);
    filled = 0;
  };
  for (const char c : text) put(static_cast<std::uint8_t>(c));
  put(0x80);
  while (filled != kBlock - kLength) put(0);
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = kLength; i-- > 0;) put(static_cast<std::uint8_t>(bits >> (8 * i)));
  Sha1 result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    result.at(i) = static_cast<std::uint8_t>(state.at(i / 4) >> (24 - 8 * (i % 4)));
  }
  return result;
}

}  // namespace sluice
