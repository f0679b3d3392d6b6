// Reads TOML 1.0: the text of a file, and the files that a pattern names.
//
// Errors: faults, as below; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_TOML_FILE_H
#define SLUICE_TOOLS_SLUICED_CONFIG_TOML_FILE_H

#include <cstddef>
#include <optional>
#include <string_view>

#include "config_faults.h"
#include "toml_value.h"

namespace sluice::tools::daemon {

// Tables and arrays within each other; nothing in a configuration is as deep.
inline constexpr std::size_t kMaxTomlDepth = 16;

// The table at the root. Nothing, and one fault, if the text is not TOML: what follows a mistake in
// the syntax is not read.
std::optional<TomlValue> parse_toml(std::string_view text, ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
