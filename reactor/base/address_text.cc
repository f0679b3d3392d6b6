// The text of an IP address, in both directions, with the zone of an IPv6 address.
#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "address.h"

namespace sluice {

namespace {

// A zone's number; 0 when there is none of that name or number.
std::uint32_t parse_zone(std::string_view text) noexcept {
  std::array<char, IF_NAMESIZE> name{};
  if (text.empty() || text.size() >= name.size()) return 0;
  text.copy(name.data(), text.size());
  // The name comes first: an interface may be called "7" and have another number.
  if (const unsigned index = ::if_nametoindex(name.data()); index != 0) return index;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? number : 0;
}

std::string print_zone(std::uint32_t scope_id) {
  std::array<char, IF_NAMESIZE> name{};
  // Linux allows "]" in a name; Endpoint's brackets would end there.
  if (::if_indextoname(scope_id, name.data()) == nullptr ||
      std::find(name.begin(), name.end(), ']') != name.end()) {
    return std::to_string(scope_id);
  }
  return name.data();
}

}  // namespace

std::optional<Address> Address::from_ip(std::string_view text, std::uint16_t port) {
  const std::size_t percent = text.find('%');
  const std::string_view number = text.substr(0, percent);
  std::array<char, INET6_ADDRSTRLEN> copy{};
  // inet_pton() would stop at a NUL and call the rest part of nothing.
  if (number.size() >= copy.size() || text.find('\0') != std::string_view::npos) return {};
  number.copy(copy.data(), number.size());

  if (percent == std::string_view::npos) {
    Address v4 = any(AF_INET, port);
    if (::inet_pton(AF_INET, copy.data(), &v4.storage_.v4.sin_addr) == 1) return v4;
  }
  Address v6 = any(AF_INET6, port);
  if (::inet_pton(AF_INET6, copy.data(), &v6.storage_.v6.sin6_addr) != 1) return {};
  if (percent != std::string_view::npos) {
    v6.storage_.v6.sin6_scope_id = parse_zone(text.substr(percent + 1));
    if (v6.storage_.v6.sin6_scope_id == 0) return {};
  }
  return v6;
}

std::string Address::to_string() const {
  if (family() == AF_INET) return host() + ":" + std::to_string(port());
  if (family() == AF_INET6) return "[" + host() + "]:" + std::to_string(port());
  return host();
}

std::string Address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (family()) {
    case AF_INET:
      return ::inet_ntop(AF_INET, &storage_.v4.sin_addr, text.data(), text.size());
    case AF_INET6: {
      std::string result = ::inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text.data(), text.size());
      if (scope_id() != 0) result.append("%").append(print_zone(scope_id()));
      return result;
    }
    case AF_UNIX:
    case AF_UNSPEC: {
      std::string name = path();
      return name.empty() ? "(unnamed)" : name;
    }
    default:
      return "(family " + std::to_string(family()) + ")";
  }
}

}  // namespace sluice
