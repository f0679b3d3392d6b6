#include "compact_address.h"

#include <cstring>
#include <utility>

namespace sluice {

CompactAddress::CompactAddress(const Address& address) {
  if (address.is_unix()) {
    word_ = kUnix;
  } else if (address.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.data(), sizeof v4);
    word_ = std::uint64_t{v4.sin_addr.s_addr} << 32 | std::uint64_t{v4.sin_port} << 16 | kIpv4;
  } else if (address.family() == AF_INET6) {
    auto* v6 = new sockaddr_in6;
    std::memcpy(v6, address.data(), sizeof *v6);
    word_ = reinterpret_cast<std::uintptr_t>(v6);
  }
}

CompactAddress& CompactAddress::operator=(CompactAddress&& other) noexcept {
  if (this == &other) return *this;
  clear();
  word_ = std::exchange(other.word_, 0);
  return *this;
}

void CompactAddress::clear() noexcept {
  if ((word_ & kTagMask) == kIpv6) delete ipv6();
  word_ = 0;
}

Address CompactAddress::expand() const noexcept {
  if (word_ == 0) return {};
  switch (word_ & kTagMask) {
    case kUnix: {
      const sa_family_t family = AF_UNIX;
      sockaddr unnamed{};
      unnamed.sa_family = family;
      return {&unnamed, sizeof family};
    }
    case kIpv4: {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_addr.s_addr = static_cast<in_addr_t>(word_ >> 32);
      v4.sin_port = static_cast<in_port_t>(word_ >> 16 & 0xffff);
      return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
    }
    default:
      return {reinterpret_cast<const sockaddr*>(ipv6()), sizeof(sockaddr_in6)};
  }
}

}  // namespace sluice
