#include "source.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cassert>
#include <cstring>
#include <span>
#include <type_traits>

#include "keyed_hash.h"

namespace sluice {
namespace {

constexpr unsigned kBits = 8;

void keep_first(std::span<std::uint8_t> bytes, unsigned bits) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i, bits -= bits < kBits ? bits : kBits) {
    if (bits < kBits) bytes[i] = static_cast<std::uint8_t>(bytes[i] & ~(0xffU >> bits));
  }
}

}  // namespace

Source::Source(const Address& address, unsigned ipv6_prefix) noexcept {
  assert(address.is_ip() && ipv6_prefix >= 1 && ipv6_prefix <= kMaxPrefix);
  const Address host = address.unmapped();
  family_ = static_cast<std::uint16_t>(host.family());
  if (family_ == AF_INET) {
    sockaddr_in ipv4;
    std::memcpy(&ipv4, host.data(), sizeof ipv4);
    std::memcpy(bytes_.data(), &ipv4.sin_addr, sizeof ipv4.sin_addr);
    return;
  }
  sockaddr_in6 ipv6;
  std::memcpy(&ipv6, host.data(), sizeof ipv6);
  std::memcpy(bytes_.data(), &ipv6.sin6_addr, bytes_.size());
  keep_first(bytes_, ipv6_prefix);
  scope_ = host.scope_id();
  prefix_ = static_cast<std::uint16_t>(ipv6_prefix);
}

std::string Source::to_string() const {
  if (family_ == AF_INET) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    std::memcpy(&ipv4.sin_addr, bytes_.data(), sizeof ipv4.sin_addr);
    return Address(reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4).host();
  }
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_scope_id = scope_;
  std::memcpy(&ipv6.sin6_addr, bytes_.data(), bytes_.size());
  std::string text = Address(reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6).host();
  if (prefix_ < kMaxPrefix) text += '/' + std::to_string(prefix_);
  return text;
}

std::size_t Source::hash() const noexcept {
  static_assert(std::has_unique_object_representations_v<Source>);
  return static_cast<std::size_t>(keyed_hash(std::as_bytes(std::span(this, 1))));
}

}  // namespace sluice
