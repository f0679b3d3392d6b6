// What a member or a room of a chat may be called.
//
// What it is: 1 to 32 ASCII letters, digits, '-' or '_', so that a name can be typed on any
// keyboard, stands in a command as one word and looks like no other. Names are compared without
// case: Ann and ANN are one. Thread: any. Errors: all but is_chat_name() may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_NAME_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_NAME_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

inline constexpr std::size_t kChatNameSize = 32;

[[nodiscard]] SLUICE_EXPORT bool is_chat_name(std::string_view name) noexcept;

// What is wrong with `name` and what is allowed, one line of ASCII that holds nothing of `name`
// itself. Empty when nothing is wrong.
[[nodiscard]] SLUICE_EXPORT std::string chat_name_error(std::string_view name);

// The same for all names that are equal: in lower case.
[[nodiscard]] SLUICE_EXPORT std::string chat_name_key(std::string_view name);

}  // namespace sluice

#endif
