// The tables of a configuration that are about the daemon itself: [limits], [log],
// [bus] and [control].
//
// Errors: faults; std::bad_alloc. Thread: one at a time, because of group(5).
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_DAEMON_TABLES_H
#define SLUICE_TOOLS_SLUICED_CONFIG_DAEMON_TABLES_H

#include "config.h"
#include "config_faults.h"
#include "config_keys.h"
#include "toml_value.h"

namespace sluice::tools::daemon {

void read_limits(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults);
void read_log(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults);
void read_bus(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults);
void read_control(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
