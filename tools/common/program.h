// The outermost frame of a program: what main() does around what the program is.
//
// What it is: occupies the standard streams, runs, and says on the standard error why that failed:
// wrong usage in two lines, anything else in one.
// Thread: the main one. Errors: none; what `run` throws becomes an exit status.
#ifndef SLUICE_TOOLS_COMMON_PROGRAM_H
#define SLUICE_TOOLS_COMMON_PROGRAM_H

#include <functional>

namespace sluice {

inline constexpr int kProgramFailed = 1;
inline constexpr int kWrongUsage = 2;

// What `run` returns, kWrongUsage for UsageError, kProgramFailed for any other exception.
int run_program(const char* name, const std::function<int()>& run) noexcept;

}  // namespace sluice

#endif
