// What c-ares says, in the library's own values. For AresChannel alone.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_REACTOR_NAMES_ARES_VALUES_H
#define SLUICE_REACTOR_NAMES_ARES_VALUES_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "../base/address.h"

struct ares_addrinfo;
struct hostent;

namespace sluice {

// An address's bytes as they stand in a message. REQUIRES: an IP address.
struct RawAddress {
  explicit RawAddress(const Address& address) noexcept;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::size_t size;
};

// A status of c-ares, as a ResolverError.
[[nodiscard]] std::error_code error_of(int status) noexcept;

// In their order, each once, and those of `family` alone: a server may answer more than it was
// asked for.
[[nodiscard]] std::vector<Address> addresses_of(const ares_addrinfo& answer, std::uint16_t port,
                                                int family);

// The same of the kind of answer that /etc/hosts gives, which has one family.
[[nodiscard]] std::vector<Address> addresses_of(const hostent& answer, std::uint16_t port);

// The name under which an address has its names: "1.2.0.192.in-addr.arpa". REQUIRES: an IP address
// that is not mapped. RFC 1035, 3.5; RFC 3596, 2.5.
[[nodiscard]] std::string reverse_name(const Address& address);

// The main one first, each once.
[[nodiscard]] std::vector<std::string> names_of(const hostent& answer);

}  // namespace sluice

#endif
