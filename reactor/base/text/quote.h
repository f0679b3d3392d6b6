// Makes text from outside safe for one line of a log, of a message, or of a terminal.
//
// What it is: functions over bytes. Control characters (including those of C1, which terminals
// obey), characters that do not show (is_invisible() of utf8.h), and bytes that are not UTF-8
// become \xNN. Everything else stays, including a backslash: the result is for people, not for
// parsers. And base64, which a parser reads back.
// Errors: std::bad_alloc. Thread: any. Source: RFC 4648, section 4 (base64).
#ifndef SLUICE_REACTOR_BASE_TEXT_QUOTE_H
#define SLUICE_REACTOR_BASE_TEXT_QUOTE_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

// At most `limit` bytes; a longer text is cut, and ends in "...". REQUIRES: limit >= 3.
std::string escape(std::string_view text, std::size_t limit);

// The same for what people write to each other: the characters of is_shaping() stay, without which
// some languages and emoji are not readable. A name or a path must not be shown like this, because
// two that differ may look the same. Nothing is cut: the result has at most four bytes for each.
std::string escape_prose(std::string_view text);

// escape() in quotes, for messages, cut to kMaxQuoted bytes, which is more than the longest valid
// endpoint.
inline constexpr std::size_t kMaxQuoted = 160;
std::string quote(std::string_view text);

inline constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// With padding.
std::string base64(std::span<const std::byte> bytes);

}  // namespace sluice

#endif
