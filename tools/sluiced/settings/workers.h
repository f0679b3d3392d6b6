// How many loops serve: the key `workers`, "auto" or a number.
//
// Thread: any. Errors: workers_from() throws UsageError, which says what is allowed.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_WORKERS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_WORKERS_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::tools::daemon {

// One for each processor that the process may use.
inline constexpr std::size_t kAutoWorkers = 0;

std::size_t workers_from(std::string_view text);
std::string write_workers(std::size_t workers);

}  // namespace sluice::tools::daemon

#endif
