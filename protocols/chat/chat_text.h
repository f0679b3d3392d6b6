// Makes a member's line safe for the terminals of the others.
//
// It keeps all characters of valid UTF-8 (RFC 3629) except those below: letters of all languages,
// combining marks, emoji with their joiners and variation selectors, and the marks of direction
// U+061C, U+200E and U+200F.
// It replaces each of these by U+FFFD:
//   - a control character: U+0000 to U+001F, U+007F, and U+0080 to U+009F, so that no escape
//     sequence, bell or carriage return gets through; a tab becomes a space;
//   - a character that does not show (is_invisible() of utf8.h, without those of is_shaping()):
//     U+2028 and U+2029, which some terminals treat as the end of a line; U+202A to U+202E and
//     U+2066 to U+2069, which change the direction of the text that follows, even the text of other
//     members; U+200B, U+2060, U+FEFF, tags and others, in which text can be hidden;
//   - invalid UTF-8: each maximal start of a character, or else each byte, as section 3.9 of the
//     Unicode Standard recommends ("substitution of maximal subparts"). Overlong forms, surrogates
//     and characters above U+10FFFF are invalid.
// It replaces them and does not drop them, so that readers see that something is missing.
// Size: it appends at most three times the size of the line.
// Thread: any. Errors: std::bad_alloc; a part may then be appended.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_TEXT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_TEXT_H

#include <string>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

// What the lines of the house begin with. No line of a member does: those begin with "<nick> ",
// "[nick] " or kActionPrefix, so that nobody can forge a notice.
inline constexpr std::string_view kNoticePrefix = "* ";
// What a line of /me begins with.
inline constexpr std::string_view kActionPrefix = "~ ";

// Appends `line`, which has no line feed at its end, to `to`.
SLUICE_EXPORT void append_chat_text(std::string& to, std::string_view line);

}  // namespace sluice

#endif
