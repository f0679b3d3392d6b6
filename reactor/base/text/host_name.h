// Names of hosts: whether a text is one, and whether it means this host.
//
// What it is: pure functions over text, without a trailing dot or with one.
// Thread: any. Source: RFC 1035, 2.3.4; RFC 1123, 2.1; RFC 3696, 2; RFC 6761, 6.3; RFC 7686.
#ifndef SLUICE_REACTOR_BASE_TEXT_HOST_NAME_H
#define SLUICE_REACTOR_BASE_TEXT_HOST_NAME_H

#include <string>
#include <string_view>

namespace sluice {

// Labels of 1 to 63 letters, digits, "-" and "_", at most 253 bytes in all. Numbers between dots,
// such as "127.1", are a mistyped address, not a name.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;

// "localhost" and what ends in ".localhost", in any case. REQUIRES: is_host_name(name).
[[nodiscard]] bool is_localhost(std::string_view name) noexcept;

// "onion" and what ends in ".onion", in any case: no DNS server may be asked for these.
// REQUIRES: is_host_name(name).
[[nodiscard]] bool is_onion(std::string_view name) noexcept;

// Of ASCII, whatever the locale.
[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] inline std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

// Whether two names are the same: names have no case.
[[nodiscard]] bool is_same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace sluice

#endif
