// Text from outside, made fit to stand in one line of a log or of a message.
//
// What it is: functions over bytes. Control characters (also those of C1, which terminals obey)
// and bytes that are not UTF-8 become \xNN; everything else stays, a backslash too: the result is
// for reading, not for parsing.
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_REACTOR_BASE_QUOTE_H
#define SLUICE_REACTOR_BASE_QUOTE_H

#include <cstddef>
#include <string>
#include <string_view>

#include "export.h"

namespace sluice {

// At most `limit` bytes: what does not fit is cut, and "…" stands for it. REQUIRES: limit >= 3.
SLUICE_EXPORT std::string escape(std::string_view text, std::size_t limit);

// The same in quotes, for messages, cut to kMaxQuoted bytes: more than the longest endpoint that is
// right.
inline constexpr std::size_t kMaxQuoted = 160;
SLUICE_EXPORT std::string quote(std::string_view text);

}  // namespace sluice

#endif
