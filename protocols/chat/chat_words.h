// The words of a line that a member types. Only for the commands.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_WORDS_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_WORDS_H

#include <string>
#include <string_view>

#include "chat_text.h"

namespace sluice {

inline std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Removes the first word from `text` and returns it.
inline std::string_view take_word(std::string_view& text) noexcept {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text = trimmed(text.substr(word.size()));
  return word;
}

inline std::string sanitized(std::string_view text) {
  std::string result;
  append_chat_text(result, text);
  return result;
}

}  // namespace sluice

#endif
