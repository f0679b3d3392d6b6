// IP addresses as numbers, and the ranges between two of them.
//
// What it is: plain values. An IPv4 address is the 32 bits of `low`; a v4-mapped IPv6 one is the
// IPv4 address that it stands for. The zone counts: fe80::1%1 is another host than fe80::1%2.
// Thread: any.
#ifndef SLUICE_TOOLS_COMMON_IP_NUMBER_H
#define SLUICE_TOOLS_COMMON_IP_NUMBER_H

#include <compare>
#include <cstdint>
#include <limits>

#include "../../reactor/base/address.h"

namespace sluice::tools {

struct IpNumber {
  int family = 0;  // AF_INET or AF_INET6
  std::uint32_t zone = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // REQUIRES: an IP address.
  static IpNumber of(const Address& address) noexcept;
  [[nodiscard]] Address address(std::uint16_t port) const noexcept;

  // REQUIRES: there is such an address.
  [[nodiscard]] IpNumber plus(std::uint64_t count) const noexcept;
  [[nodiscard]] IpNumber previous() const noexcept;
  // With all bits but the first `length` zero, or one. REQUIRES: length <= bits().
  [[nodiscard]] IpNumber first_of_prefix(unsigned length) const noexcept;
  [[nodiscard]] IpNumber last_of_prefix(unsigned length) const noexcept;
  [[nodiscard]] unsigned bits() const noexcept { return family == AF_INET ? 32 : 128; }
  [[nodiscard]] bool is_last() const noexcept { return *this == last_of_prefix(0); }

  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the 0 of `(a <=> b) < 0` for a pointer
  friend auto operator<=>(const IpNumber&, const IpNumber&) = default;
};

// Both ends belong to it. Both are of one family and zone.
struct IpRange {
  IpNumber first;
  IpNumber last;

  // Stands for every count that no 64 bits hold.
  static constexpr std::uint64_t kTooMany = std::numeric_limits<std::uint64_t>::max();
  [[nodiscard]] std::uint64_t size() const noexcept;

  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the 0 of `(a <=> b) < 0` for a pointer
  friend auto operator<=>(const IpRange&, const IpRange&) = default;
};

}  // namespace sluice::tools

#endif
