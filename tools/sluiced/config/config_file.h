// Reads the configuration file of sluiced, and the files that it includes.
//
// Errors: ConfigError with a line for each fault; std::bad_alloc. Thread: one at a time.
// Units: a file has at most kMaxConfigFile bytes.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_FILE_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_FILE_H

#include <cstddef>
#include <string>

#include "../settings/settings.h"
#include "config.h"

namespace sluice::tools::daemon {

inline constexpr std::size_t kMaxConfigFile = 1024 * 1024;
inline constexpr std::size_t kMaxIncludedFiles = 1000;

// What `path` says; `defaults` are of the command line (read_config()). A pattern of `include` is
// relative to the directory of `path`.
Config load_config(const std::string& path, const Settings& defaults);

}  // namespace sluice::tools::daemon

#endif
