// Searches for a byte, for codecs whose frames end in one.
#ifndef SLUICE_PROTOCOLS_CODEC_FIND_BYTE_H
#define SLUICE_PROTOCOLS_CODEC_FIND_BYTE_H

#include <cstddef>
#include <cstring>
#include <span>

#include "codec.h"

namespace sluice {

// The index of the first `byte` at or after `from`; in.size() if there is none.
inline std::size_t find_byte(std::span<const std::byte> in, std::byte byte,
                             std::size_t from = 0) noexcept {
  if (from >= in.size()) return in.size();  // memchr() must not get a null pointer
  const void* const found =
      std::memchr(in.data() + from, std::to_integer<int>(byte), in.size() - from);
  if (found == nullptr) return in.size();
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - in.data());
}

// Implements Codec::resync() for formats whose frames end in `byte`.
inline Codec::Resync resync_after(std::span<const std::byte> in, std::byte byte) noexcept {
  const std::size_t end = find_byte(in, byte);
  if (end == in.size()) return {.dropped = end, .found = false};
  return {.dropped = end + 1, .found = true};
}

}  // namespace sluice

#endif
