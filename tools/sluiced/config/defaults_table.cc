#include "defaults_table.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../common/usage_error.h"
#include "../endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

// Whether it is a table; adds a fault if not.
bool is_table(const TomlEntry& entry, ConfigFaults& faults) {
  if (entry.value.kind == TomlValue::Kind::table) return true;
  faults.add(entry.value.place, entry.key + " is " + std::string(name_of(entry.value)) +
                                    "; write a table, [" + entry.key + ']');
  return false;
}

// Nothing, and a fault, if the entry is no value of the key.
std::optional<Value> value_of(const TomlEntry& entry, const Key& key, const std::string& where,
                              const NetworkLists& lists, ConfigFaults& faults) {
  const std::optional<std::string> text = text_of(entry, key, where, lists, faults);
  if (!text) return {};
  try {
    return key.read(*text);
  } catch (const UsageError& error) {
    faults.add(entry.value.place, where + error.what());
    return {};
  }
}

}  // namespace

void read_networks(const TomlEntry& entry, GivenKeys& given, ConfigDefaults& defaults,
                   ConfigFaults& faults) {
  if (!is_table(entry, faults)) return;
  for (const TomlEntry& each : entry.value.entries) {
    given.expect_once(each, "networks." + each.key, faults);
    const NetworksKey key({.name = each.key, .form = "NETWORKS", .summary = ""});
    if (const auto value = value_of(each, key, "networks: ", {}, faults)) {
      defaults.networks.emplace(each.key, key.write(*value));
    }
  }
}

void read_defaults(const TomlEntry& entry, GivenKeys& given, ConfigDefaults& defaults,
                   ConfigFaults& faults) {
  if (!is_table(entry, faults)) return;
  std::vector<const Key*> keys;
  std::vector<std::string_view> names;
  for (const Key* key : socket_keys()) {
    if (key == &kNameKey) continue;
    keys.push_back(key);
    names.push_back(key->name());
  }
  for (const TomlEntry& each : entry.value.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&each](const Key* known) { return known->name() == each.key; });
    if (key == keys.end()) {
      add_unknown_key(each, "defaults", names, faults);
      continue;
    }
    given.expect_once(each, "defaults." + each.key, faults);
    if (auto value = value_of(each, **key, "", defaults.networks, faults)) {
      defaults.settings.set(**key, std::move(*value));
      defaults.places[each.key] = faults.place_text(each.value.place);
    }
  }
}

}  // namespace sluice::tools::daemon
