// Numbers of the command line: decimal counts, sizes in bytes and octal modes, checked against
// their range.
//
// Errors: UsageError that names `what`, what was read and what is allowed. Signs, spaces and other
// bases are rejected, and nothing wraps around.
#ifndef SLUICE_TOOLS_COMMON_NUMBER_H
#define SLUICE_TOOLS_COMMON_NUMBER_H

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::tools {

// The highest number of connections: 32 bits number their slots.
inline constexpr std::uint64_t kMaxCount = 4'294'967'295;

// `least` to `most`.
std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t least,
                           std::uint64_t most);

// 1 to kMaxCount.
std::uint64_t parse_count(std::string_view what, std::string_view text);

// Bytes: a number with K, M, G or T behind it, for powers of 1,024, or without. 1M to 1024T.
std::uint64_t parse_size(std::string_view what, std::string_view text);
// The reverse, with the largest unit that leaves nothing over: "64M".
std::string write_size(std::uint64_t size);

// 0 to 0777.
mode_t parse_mode(std::string_view what, std::string_view text);
// The reverse: "0660".
std::string write_mode(mode_t mode);

// The number in `base`; empty if `text` has anything but digits, or the number is too large.
std::optional<std::uint64_t> parse_digits(std::string_view text, int base);

}  // namespace sluice::tools

#endif
