// The names of chat members and rooms.
//
// What it is: a name has 1 to 32 ASCII letters, digits, '-' or '_', so that any keyboard can type
// it, it is one word in a command, and no letter of another script can imitate it. Names are not
// case-sensitive: Ann and ANN are the same. Clients of IRC give themselves nicks with other
// characters too, which members with plain lines can address: is_chat_nick().
// Thread: any. Errors: those that return a string may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_NAME_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_NAME_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

inline constexpr std::size_t kMaxChatName = 32;

[[nodiscard]] SLUICE_EXPORT bool is_chat_name(std::string_view name) noexcept;

// The same, or with one of [ ] { } \ | ^ ` in it, of which IRC takes [ ] and \ for the capitals of
// { } and |. Source: RFC 2812, sections 2.2 and 2.3.1.
[[nodiscard]] SLUICE_EXPORT bool is_chat_nick(std::string_view name) noexcept;

// What is wrong with `name` and what is allowed, in one line of ASCII that does not contain `name`.
// Empty if the name is valid.
[[nodiscard]] SLUICE_EXPORT std::string chat_name_error(std::string_view name);

// The byte in lower case: [ ] \ are the capitals of { } |.
[[nodiscard]] constexpr char lower_chat_byte(char c) noexcept {
  if (c >= '[' && c <= ']') return static_cast<char>(c - '[' + '{');
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The name in lower case, which is the same for names that differ only in case.
[[nodiscard]] SLUICE_EXPORT std::string chat_name_key(std::string_view name);

}  // namespace sluice

#endif
