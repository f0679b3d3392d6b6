// An IP address as the bytes in a message, without a port or a zone.
//
// Thread: a plain value.
#ifndef SLUICE_REACTOR_NAMES_RAW_ADDRESS_H
#define SLUICE_REACTOR_NAMES_RAW_ADDRESS_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "../base/address.h"

namespace sluice {

class RawAddress {
 public:
  RawAddress() noexcept = default;
  // REQUIRES: `address` is an IP address.
  explicit RawAddress(const Address& address) noexcept : is_ipv4_(address.family() == AF_INET) {
    std::memcpy(bytes_.data(), reinterpret_cast<const unsigned char*>(address.data()) + at(),
                size());
  }
  // REQUIRES: `bytes` are the four of an IPv4 address or the sixteen of an IPv6 one.
  explicit RawAddress(std::span<const unsigned char> bytes) noexcept
      : is_ipv4_(bytes.size() == sizeof(in_addr)) {
    std::copy_n(bytes.begin(), size(), bytes_.begin());
  }

  [[nodiscard]] int family() const noexcept { return is_ipv4_ ? AF_INET : AF_INET6; }
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept {
    return {bytes_.data(), size()};
  }
  [[nodiscard]] Address with_port(std::uint16_t port) const noexcept {
    Address address = Address::any(family(), port);
    std::memcpy(reinterpret_cast<unsigned char*>(address.data()) + at(), bytes_.data(), size());
    return address;
  }

  friend bool operator==(const RawAddress&, const RawAddress&) = default;

 private:
  [[nodiscard]] std::size_t size() const noexcept {
    return is_ipv4_ ? sizeof(in_addr) : sizeof(in6_addr);
  }
  // The offset of the bytes in a sockaddr.
  [[nodiscard]] std::size_t at() const noexcept {
    return is_ipv4_ ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr);
  }

  std::array<unsigned char, sizeof(in6_addr)> bytes_{};
  bool is_ipv4_ = true;
};

}  // namespace sluice

#endif
