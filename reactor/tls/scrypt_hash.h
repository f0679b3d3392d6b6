// Passwords that are kept as hashes of scrypt, in the PHC string format:
//
//   $scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0$oVE2...
//
// What it is: `ln` is the binary logarithm of the cost, and the salt and the hash are in base64
// without padding.
// Cost: a check takes 128 * 2^ln * r bytes of memory, and about 3 ms of processor time a MiB. The
// limits keep it below 32 MiB; the caller limits how often it happens.
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 7914; https://github.com/P-H-C/phc-string-format.
#ifndef SLUICE_REACTOR_TLS_SCRYPT_HASH_H
#define SLUICE_REACTOR_TLS_SCRYPT_HASH_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice {

struct ScryptHash {
  static constexpr unsigned kMinCost = 10;  // of ln
  static constexpr unsigned kMaxCost = 15;
  static constexpr unsigned kBlock = 8;       // r, the only one that is allowed
  static constexpr std::size_t kMinSalt = 8;  // bytes
  static constexpr std::size_t kMaxSalt = 64;
  static constexpr std::size_t kMinHash = 16;
  static constexpr std::size_t kMaxHash = 64;

  // Nothing if the text is not such a hash, or exceeds the limits.
  [[nodiscard]] static std::optional<ScryptHash> read(std::string_view text);
  // Whether it is the hash of `password`; also false if OpenSSL fails, without memory for example.
  [[nodiscard]] bool matches(std::string_view password) const;

  unsigned cost = 0;  // ln
  std::vector<std::uint8_t> salt;
  std::vector<std::uint8_t> hash;
};

}  // namespace sluice

#endif
