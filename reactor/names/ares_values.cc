#include "ares_values.h"

#include <ares.h>
#include <netdb.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "resolver_types.h"

namespace sluice {

RawAddress::RawAddress(const Address& address) noexcept {
  const bool is_v4 = address.family() == AF_INET;
  size = is_v4 ? sizeof(in_addr) : sizeof(in6_addr);
  const std::size_t at =
      is_v4 ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr);
  std::memcpy(bytes.data(), reinterpret_cast<const unsigned char*>(address.data()) + at, size);
}

std::error_code error_of(int status) noexcept {
  switch (status) {
    case ARES_SUCCESS:
      return {};
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
      return ResolverError::not_found;
    case ARES_ENODATA:
      return ResolverError::no_address;
    case ARES_ETIMEOUT:
      return ResolverError::timed_out;
    case ARES_EREFUSED:
    case ARES_ECONNREFUSED:
      return ResolverError::refused;
    case ARES_EBADNAME:
    case ARES_EBADQUERY:
      return ResolverError::bad_name;
    case ARES_ENOMEM:
      return ResolverError::no_memory;
    default:
      return ResolverError::server_failed;
  }
}

namespace {

// /etc/hosts may name one twice.
void add_once(std::vector<Address>& addresses, const Address& address) {
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.push_back(address);
  }
}

}  // namespace

std::vector<Address> addresses_of(const ares_addrinfo& answer, std::uint16_t port, int family) {
  std::vector<Address> addresses;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    Address address(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen));
    if (!address.is_ip() || (family != AF_UNSPEC && address.family() != family)) continue;
    address.set_port(port);
    add_once(addresses, address);
  }
  return addresses;
}

std::vector<Address> addresses_of(const hostent& answer, std::uint16_t port) {
  std::vector<Address> addresses;
  for (char** each = answer.h_addr_list; *each != nullptr; ++each) {
    Address address = Address::any(answer.h_addrtype, port);
    const std::size_t at = answer.h_addrtype == AF_INET ? offsetof(sockaddr_in, sin_addr)
                                                        : offsetof(sockaddr_in6, sin6_addr);
    std::memcpy(reinterpret_cast<unsigned char*>(address.data()) + at, *each,
                static_cast<std::size_t>(answer.h_length));
    add_once(addresses, address);
  }
  return addresses;
}

std::vector<std::string> names_of(const hostent& answer) {
  std::vector<std::string> names;
  const auto add = [&names](const char* name) {
    if (name == nullptr || *name == '\0') return;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  };
  add(answer.h_name);
  for (char** alias = answer.h_aliases; alias != nullptr && *alias != nullptr; ++alias) add(*alias);
  return names;
}

std::string reverse_name(const Address& address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const RawAddress raw(address);
  const bool is_v4 = address.family() == AF_INET;
  std::string name;
  for (std::size_t i = raw.size; i-- > 0;) {
    const unsigned byte = raw.bytes[i];
    if (is_v4) {
      name += std::to_string(byte) + '.';
    } else {
      name += {kDigits[byte & 15], '.', kDigits[byte >> 4], '.'};
    }
  }
  return name + (is_v4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace sluice
