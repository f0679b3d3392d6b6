// Durations of the command line: 500ms, 30s, 5m, 2h, 1d.
//
// What it is: a decimal number and its unit, with nothing between them. 0 needs no unit; a
// number without a unit is rejected, because it might mean seconds or milliseconds.
// Errors: UsageError that names `what`, what was read and what is allowed.
#ifndef SLUICE_TOOLS_COMMON_DURATION_H
#define SLUICE_TOOLS_COMMON_DURATION_H

#include <chrono>
#include <optional>
#include <string_view>

namespace sluice::tools {

// Longer than anybody waits, and far below the overflow of clocks.
inline constexpr std::chrono::milliseconds kMaxDuration = std::chrono::hours(24 * 365);

// 0 to kMaxDuration.
std::chrono::milliseconds parse_duration(std::string_view what, std::string_view text);

// 1 ms to kMaxDuration.
std::chrono::milliseconds parse_some_time(std::string_view what, std::string_view text);

// 0 to `most`, or "off" for no limit: nullopt. REQUIRES: `most` is in whole days.
std::optional<std::chrono::milliseconds> parse_wait(std::string_view what, std::string_view text,
                                                    std::chrono::milliseconds most = kMaxDuration);

// The same, where 0 is no limit too. Returns 0 for both, as ConnectionOptions has it.
std::chrono::milliseconds parse_timeout(std::string_view what, std::string_view text,
                                        std::chrono::milliseconds most = kMaxDuration);

}  // namespace sluice::tools

#endif
