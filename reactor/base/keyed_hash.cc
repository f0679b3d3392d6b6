#include "keyed_hash.h"

#include <unistd.h>

#include <bit>
#include <chrono>
#include <cstring>

#include "split_mix64.h"

namespace sluice {
namespace {

constexpr std::size_t kWord = 8;

// REQUIRES: bytes.size() <= kWord.
std::uint64_t little_endian(std::span<const std::byte> bytes) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  } else {
    for (std::size_t i = bytes.size(); i-- > 0;) {
      word = word << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    }
  }
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  explicit SipState(const HashKey& key) noexcept
      : v0(key.first ^ 0x736f6d6570736575),
        v1(key.second ^ 0x646f72616e646f6d),
        v2(key.first ^ 0x6c7967656e657261),
        v3(key.second ^ 0x7465646279746573) {}

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void add(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  std::uint64_t finish() noexcept {
    v2 ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

HashKey draw_key() noexcept {
  HashKey key;
  if (::getentropy(&key, sizeof key) == 0) return key;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const auto process = static_cast<std::uint64_t>(::getpid());
  key.first = mix64(reinterpret_cast<std::uintptr_t>(&key) ^ process << 32);
  key.second = mix64(static_cast<std::uint64_t>(now) ^
                     reinterpret_cast<std::uintptr_t>(&process_hash_key) * kGoldenGamma);
  return key;
}

}  // namespace

const HashKey& process_hash_key() noexcept {
  static const HashKey key = draw_key();
  return key;
}

std::uint64_t keyed_hash(std::span<const std::byte> bytes, const HashKey& key) noexcept {
  SipState state(key);
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    state.add(little_endian(bytes.first<kWord>()));
  }
  state.add(length | little_endian(bytes));
  return state.finish();
}

}  // namespace sluice
