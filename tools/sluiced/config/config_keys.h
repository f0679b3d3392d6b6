// What the tables of a configuration have in common: unknown keys, and keys that are given twice.
//
// Errors: faults; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_KEYS_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_KEYS_H

#include <functional>
#include <set>
#include <span>
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

// A key whose value is a string or a decimal integer; an octal one too if it `is_octal`, or true
// and false instead if it `is_switch`.
struct ScalarKey {
  std::string_view name;
  // Throws UsageError or std::invalid_argument, which becomes a fault at the value.
  std::function<void(const std::string& text)> read;
  bool is_octal = false;
  bool is_switch = false;
};

// `name` is for messages, and is given once over all files.
void read_scalar(const TomlEntry& entry, const std::string& name, const ScalarKey& key,
                 GivenKeys& given, ConfigFaults& faults);
// A table of such keys, whose name is the entry's.
void read_scalars(const TomlEntry& entry, std::span<const ScalarKey> keys, GivenKeys& given,
                  ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
