// A peer's address in eight bytes: IPv4 in place, IPv6 in an allocation.
//
// What it is: the form in which a connection stores its peer's address. A later getpeername() would
// fail, because a socket that was reset no longer knows its peer. A whole Address would be most of
// an idle connection's memory. A Unix peer is stored without its path.
// Errors: the constructor may throw std::bad_alloc (IPv6).
#ifndef SLUICE_REACTOR_BASE_COMPACT_ADDRESS_H
#define SLUICE_REACTOR_BASE_COMPACT_ADDRESS_H

#include <netinet/in.h>

#include <cstdint>

#include "address.h"
#include "export.h"

namespace sluice {

class CompactAddress {
 public:
  CompactAddress() noexcept = default;
  explicit CompactAddress(const Address& address);
  CompactAddress(CompactAddress&& other) noexcept : word_(other.word_) { other.word_ = 0; }
  CompactAddress& operator=(CompactAddress&& other) noexcept;
  ~CompactAddress() { clear(); }

  [[nodiscard]] SLUICE_EXPORT Address expand() const noexcept;

 private:
  // The low two bits are a tag. They are clear in the address of an allocation.
  enum Tag : std::uint64_t { kIpv6 = 0, kIpv4 = 1, kUnix = 2, kTagMask = 3 };
  SLUICE_EXPORT void clear() noexcept;
  [[nodiscard]] sockaddr_in6* ipv6() const noexcept {
    return reinterpret_cast<sockaddr_in6*>(static_cast<std::uintptr_t>(word_));
  }

  std::uint64_t word_ = 0;
};

}  // namespace sluice

#endif
