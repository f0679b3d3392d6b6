// Names of hosts in other letters than those of ASCII: "bücher.example" is "xn--bcher-kva.example"
// in the DNS.
//
// What it is: pure functions over text. The text is UTF-8, whatever the locale. Capital letters and
// other forms of a character become the one form that names have (UTS #46, non-transitional: "faß"
// stays itself and is not "fass"). Every program converts a name once, where it reads it from its
// user; everything behind that has the ASCII form.
// Errors: UsageError that quotes the name and says what is wrong with it; std::bad_alloc. In a
// build without libidn2 it says so for every such name.
// Thread: any. Source: RFC 5890 to 5893 (IDNA2008); UTS #46; libidn2 2.3.
#ifndef SLUICE_TOOLS_COMMON_INTERNATIONAL_NAME_H
#define SLUICE_TOOLS_COMMON_INTERNATIONAL_NAME_H

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::tools {

// The longest text that is converted, in bytes: 253 characters of four bytes each.
inline constexpr std::size_t kMaxInternationalName = 1012;

// Whether the text has bytes that are not ASCII.
[[nodiscard]] inline bool is_international(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// The name as DNS servers have it, for which is_host_name() is true. A text of ASCII alone is
// returned as it is, valid or not.
[[nodiscard]] std::string ascii_name(std::string_view text);

// "bücher.example" of "xn--bcher-kva.example"; empty if no label is one of a valid name in Unicode.
// Two names that differ may look the same in Unicode: print it only beside the ASCII form.
[[nodiscard]] std::string unicode_name(const std::string& name);

}  // namespace sluice::tools

#endif
