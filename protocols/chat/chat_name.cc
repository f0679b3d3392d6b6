#include "chat_name.h"

#include <algorithm>

namespace sluice {
namespace {

// Not isalnum(), which depends on the locale.
constexpr bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

constexpr bool is_nick_byte(char c) noexcept {
  return is_name_byte(c) || (c >= '[' && c <= '`') || (c >= '{' && c <= '}');
}

}  // namespace

bool is_chat_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxChatName && std::ranges::all_of(name, is_name_byte);
}

bool is_chat_nick(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxChatName && std::ranges::all_of(name, is_nick_byte);
}

std::string chat_name_error(std::string_view name) {
  std::string what;
  const auto* const wrong = std::ranges::find_if_not(name, is_name_byte);
  if (name.empty()) {
    what = "a name is missing";
  } else if (wrong != name.end()) {
    // All bytes before it are ASCII, so the number of bytes is the number of characters.
    what = "character " + std::to_string(wrong - name.begin() + 1) + " cannot be in a name";
  } else if (name.size() > kMaxChatName) {
    what = "a name of " + std::to_string(name.size()) + " characters is too long";
  } else {
    return what;
  }
  return what + ": allowed are 1 to " + std::to_string(kMaxChatName) +
         " letters a-z, digits, '-' and '_'";
}

std::string chat_name_key(std::string_view name) {
  std::string key(name);
  std::ranges::transform(key, key.begin(), lower_chat_byte);
  return key;
}

}  // namespace sluice
