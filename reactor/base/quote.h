// Makes text from outside safe for one line of a log or of a message.
//
// What it is: functions over bytes. Control characters (including those of C1, which terminals
// obey) and bytes that are not UTF-8 become \xNN. Everything else stays, including a backslash: the
// result is for people, not for parsers.
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_REACTOR_BASE_QUOTE_H
#define SLUICE_REACTOR_BASE_QUOTE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// At most `limit` bytes; a longer text is cut, and ends in "...". REQUIRES: limit >= 3.
std::string escape(std::string_view text, std::size_t limit);

// The same in quotes, for messages, cut to kMaxQuoted bytes, which is more than the longest valid
// endpoint.
inline constexpr std::size_t kMaxQuoted = 160;
std::string quote(std::string_view text);

}  // namespace sluice

#endif
