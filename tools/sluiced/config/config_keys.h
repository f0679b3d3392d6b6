// What the tables of a configuration have in common: unknown keys, and keys that are given twice.
//
// Errors: faults; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_KEYS_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_KEYS_H

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config_faults.h"
#include "toml_value.h"

namespace sluice::tools::daemon {

// `names` are those that are allowed in `table`, which is empty for the root.
void add_unknown_key(const TomlEntry& entry, const std::string& table,
                     const std::vector<std::string_view>& names, ConfigFaults& faults);

// What can be set once, over all files.
class GivenKeys {
 public:
  // Adds a fault if `name` was given before.
  void expect_once(const TomlEntry& entry, const std::string& name, ConfigFaults& faults);

 private:
  std::set<std::string> names_;
};

}  // namespace sluice::tools::daemon

#endif
