// The tables [networks] and [defaults] of a configuration: what holds for all services.
//
//   [networks]
//   office = ["192.0.2.0/24", "2001:db8::/32"]
//   [defaults]
//   allow = "office"
//
// Errors: faults; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_DEFAULTS_TABLE_H
#define SLUICE_TOOLS_SLUICED_CONFIG_DEFAULTS_TABLE_H

#include "config_faults.h"
#include "config_keys.h"
#include "service_table.h"
#include "toml_value.h"

namespace sluice::tools::daemon {

// Adds the lists of the table, which cannot name each other.
void read_networks(const TomlEntry& entry, GivenKeys& given, ConfigDefaults& defaults,
                   ConfigFaults& faults);

// Adds the values of the table. REQUIRES: the networks of all files are read.
void read_defaults(const TomlEntry& entry, GivenKeys& given, ConfigDefaults& defaults,
                   ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
