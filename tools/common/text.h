// Text from outside, made fit to stand in one line of a log or of a message.
//
// What it is: functions over bytes. Control characters (also those of C1, which terminals obey)
// and bytes that are not UTF-8 become \xNN; everything else stays, a backslash too: the result is
// for reading, not for parsing.
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_TEXT_H
#define SLUICE_TOOLS_SLUICED_TEXT_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// At most `limit` bytes: what does not fit is cut, and "…" stands for it. REQUIRES: limit >= 3.
std::string escape(std::string_view text, std::size_t limit);

// The same in quotes, for messages, cut to kMaxQuoted bytes.
inline constexpr std::size_t kMaxQuoted = 160;
std::string quote(std::string_view text);

// "echo, discard and time"
template <class Names>
std::string join_names(const Names& names) {
  std::string all;
  std::size_t left = names.size();
  for (const auto& name : names) {
    if (!all.empty()) all += left == 1 ? " and " : ", ";
    all += name;
    --left;
  }
  return all;
}

}  // namespace sluice

#endif
