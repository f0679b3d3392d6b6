#include "host_name.h"

#include <algorithm>
#include <cstddef>

namespace sluice {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

// Not those of <cctype>, which obey a locale.
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_allowed(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_';
}

std::string_view without_last_dot(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::string_view last_label(std::string_view name) noexcept {
  name = without_last_dot(name);
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
  text = without_last_dot(text);
  if (text.size() > kMaxName) return false;
  const auto is_numeric = [](char c) { return is_digit(c) || c == '.'; };
  if (text.find('.') != text.npos && std::all_of(text.begin(), text.end(), is_numeric)) {
    return false;
  }
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.' ? label == 0 : !is_allowed(c)) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > kMaxLabel) return false;
  }
  return label > 0;
}

bool is_localhost(std::string_view name) noexcept {
  return is_same_name(last_label(name), "localhost");
}

bool is_onion(std::string_view name) noexcept { return is_same_name(last_label(name), "onion"); }

bool is_same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace sluice
