// SipHash-1-3 with a random key: a hash whose collisions no peer can choose.
//
// What it is: the hash for tables whose keys come from peers, such as addresses and names. Every
// process has one random key, which it draws from the system when it is first used. So the same
// bytes have the same hash within a process, and another one in the next. Not for secrets, and not
// for anything that is stored.
// Thread: any. Errors: none. If getentropy() gives nothing, which Linux 3.17 and later do only in a
// sandbox that forbids it, the key comes from the clock and from random addresses of the process.
// Source: J.-P. Aumasson, D. J. Bernstein, SipHash: a fast short-input PRF, INDOCRYPT 2012.
#ifndef SLUICE_REACTOR_BASE_KEYED_HASH_H
#define SLUICE_REACTOR_BASE_KEYED_HASH_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "export.h"

namespace sluice {

struct HashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

// The key of this process.
[[nodiscard]] SLUICE_EXPORT const HashKey& process_hash_key() noexcept;

// The same result on machines of either byte order.
[[nodiscard]] SLUICE_EXPORT std::uint64_t keyed_hash(
    std::span<const std::byte> bytes, const HashKey& key = process_hash_key()) noexcept;

// For tables of std::string that are looked up by std::string_view.
struct KeyedStringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return static_cast<std::size_t>(keyed_hash(std::as_bytes(std::span(text))));
  }
};

}  // namespace sluice

#endif
