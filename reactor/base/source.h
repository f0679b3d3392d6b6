// The source that an address is counted as: an IPv4 address, or the network of an IPv6 address.
//
// What it is: a key for limits on each source. Its port does not matter, and an IPv4-mapped address
// is the IPv4 address. An IPv6 host usually has a whole /64 to choose addresses from, so a limit on
// single IPv6 addresses limits nobody: the first `ipv6_prefix` bits are the source. Link-local
// addresses of one interface are therefore one source.
// Thread: a plain value. Errors: to_string() may throw std::bad_alloc.
// Source: RFC 4291 section 2.5.1 (interface identifiers of 64 bits).
#ifndef SLUICE_REACTOR_BASE_SOURCE_H
#define SLUICE_REACTOR_BASE_SOURCE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "address.h"
#include "export.h"

namespace sluice {

class SLUICE_EXPORT Source {
 public:
  static constexpr unsigned kDefaultPrefix = 64;
  static constexpr unsigned kMaxPrefix = 128;

  Source() noexcept = default;  // differs from the source of every address
  // REQUIRES: address.is_ip(), and 1 <= ipv6_prefix <= kMaxPrefix.
  explicit Source(const Address& address, unsigned ipv6_prefix = kDefaultPrefix) noexcept;

  // "192.0.2.1", "2001:db8::/64", "fe80::%eth0/64"; without a length if that is 128.
  [[nodiscard]] std::string to_string() const;
  // Keyed, as Address::hash() is.
  [[nodiscard]] std::size_t hash() const noexcept;
  friend bool operator==(const Source& a, const Source& b) noexcept {
    return a.bytes_ == b.bytes_ && a.scope_ == b.scope_ && a.family_ == b.family_ &&
           a.prefix_ == b.prefix_;
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4: the first four
  std::uint32_t scope_ = 0;
  std::uint16_t family_ = 0;
  std::uint16_t prefix_ = 0;
};

}  // namespace sluice

template <>
struct std::hash<sluice::Source> {
  std::size_t operator()(const sluice::Source& source) const noexcept { return source.hash(); }
};

#endif
