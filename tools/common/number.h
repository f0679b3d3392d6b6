// Numbers of the command line: decimal counts and octal modes, checked against their range.
//
// Errors: UsageError that names `what`, what was read and what is allowed. No sign, no space, no
// other base is read, and nothing wraps around.
#ifndef SLUICE_TOOLS_COMMON_NUMBER_H
#define SLUICE_TOOLS_COMMON_NUMBER_H

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::tools {

// As many as there can be connections: their slots are numbered with 32 bits.
inline constexpr std::uint64_t kMaxCount = 4'294'967'295;

// `least` to `most`.
std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t least,
                           std::uint64_t most);

// 1 to kMaxCount.
std::uint64_t parse_count(std::string_view what, std::string_view text);

// 0 to 0777.
mode_t parse_mode(std::string_view what, std::string_view text);

// All of `text` as digits of `base`; nothing when there is anything else or it does not fit.
std::optional<std::uint64_t> parse_digits(std::string_view text, int base);

}  // namespace sluice::tools

#endif
