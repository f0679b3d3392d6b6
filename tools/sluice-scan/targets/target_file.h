// Lists of targets: a file, or the standard input, with one or more on a line.
//
// What it is: words between white space; "#" starts a comment.
// Errors: UsageError that names the file, and the line if a line is wrong: the file cannot be read
// or begins with a byte-order mark, a line is longer than kMaxTargetLine, or `use` throws
// UsageError.
// Thread: any. It waits for the file.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_FILE_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_TARGET_FILE_H

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace sluice::tools::scan {

inline constexpr std::size_t kMaxTargetLine = 64 * 1024;  // bytes

// "-" is the standard input.
void read_targets(const std::string& file, const std::function<void(std::string_view target)>& use);

}  // namespace sluice::tools::scan

#endif
