// Makes a line that somebody typed safe for other people's terminals.
//
// What passes: every character of valid UTF-8 (RFC 3629) but those below: letters of all
// languages, combining marks, emoji with their joiners, U+200E and U+200F for the direction.
// What is replaced by U+FFFD, one for each:
//   - a control character: U+0000 to U+001F, U+007F, and U+0080 to U+009F, so that no escape
//     sequence, bell or carriage return gets through; a tab becomes a space;
//   - U+2028 and U+2029, which some terminals take for the end of a line;
//   - U+202A to U+202E and U+2066 to U+2069, which turn the text around that follows them, also
//     what is not their author's;
//   - what is not UTF-8: each longest beginning of a character, or else each byte, as Unicode 3.9
//     recommends ("substitution of maximal subparts"). Overlong forms, surrogates and what is above
//     U+10FFFF are not UTF-8.
// Replaced and not dropped, so that who reads sees that something was there.
// Size: what is appended is at most three times as long as the line.
// Thread: any. Errors: std::bad_alloc; `to` may then hold a part.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_TEXT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_TEXT_H

#include <string>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

// Appends `line`, which has no line feed at its end, to `to`.
SLUICE_EXPORT void append_chat_text(std::string& to, std::string_view line);

}  // namespace sluice

#endif
