// Whether a text is a number as it is written: decimal digits and nothing else. Thread: any.
#ifndef SLUICE_TOOLS_COMMON_DIGITS_H
#define SLUICE_TOOLS_COMMON_DIGITS_H

#include <algorithm>
#include <string_view>

namespace sluice::tools {

[[nodiscard]] inline bool is_digits(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace sluice::tools

#endif
