// sluiced.conf(5): from the text of TOML files to a Config.
//
// Errors: faults, all that there are; std::bad_alloc. Nothing is bound, and no name of a host is
// looked up. Thread: one at a time, because of services(5).
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_READER_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_READER_H

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../settings/settings.h"
#include "config.h"
#include "config_faults.h"

namespace sluice::tools::daemon {

struct ConfigText {
  std::string file;  // for messages
  std::string text;
};

// The files that a pattern of `include` names, in order; adds a fault at `place` for each that
// cannot be read, and for a file that a pattern without wildcards names and that is not there.
using IncludedFiles = std::function<std::vector<ConfigText>(
    const std::string& pattern, const TomlPlace& place, ConfigFaults& faults)>;

// `defaults` hold before those of the files' [defaults]: they are of the command line.
Config read_config(const ConfigText& main, const IncludedFiles& included, const Settings& defaults,
                   ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
