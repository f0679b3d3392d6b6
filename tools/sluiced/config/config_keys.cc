#include "config_keys.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "../../../reactor/base/text/quote.h"
#include "../../common/names.h"
#include "../../common/nearest.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;

std::optional<std::string> text_of(const TomlValue& value, const ScalarKey& key) {
  if (key.is_switch) {
    return value.kind == Kind::boolean ? std::optional(value.text) : std::nullopt;
  }
  if (value.kind == Kind::string) return value.text;
  if (value.kind != Kind::integer || value.octal != key.is_octal) return {};
  return value.text;
}

}  // namespace

void add_unknown_key(const TomlEntry& entry, const std::string& table,
                     const std::vector<std::string_view>& names, ConfigFaults& faults) {
  faults.add(entry.place, "unknown key " + quote(entry.key) + suggestion(entry.key, names) +
                              "; allowed" + (table.empty() ? "" : " in [" + table + ']') + ": " +
                              join_names(names));
}

void GivenKeys::expect_once(const TomlEntry& entry, const std::string& name, ConfigFaults& faults) {
  if (names_.insert(name).second) return;
  faults.add(entry.place, name + " is set in another file too; set it once");
}

void read_scalar(const TomlEntry& entry, const std::string& name, const ScalarKey& key,
                 GivenKeys& given, ConfigFaults& faults) {
  given.expect_once(entry, name, faults);
  const std::optional<std::string> text = text_of(entry.value, key);
  if (!text && key.is_switch) {
    return faults.add(entry.value.place, name + " is " + std::string(name_of(entry.value)) +
                                             "; write it as true or false");
  }
  if (!text) {
    return faults.add(entry.value.place,
                      name + " is " + std::string(name_of(entry.value)) +
                          "; write it as a string or " +
                          (key.is_octal ? "an octal number, such as 0o660" : "a decimal number"));
  }
  try {
    key.read(*text);
  } catch (const UsageError& error) {
    faults.add(entry.value.place, error.what());
  } catch (const std::invalid_argument& error) {
    faults.add(entry.value.place, error.what());
  }
}

void read_scalars(const TomlEntry& entry, std::span<const ScalarKey> keys, GivenKeys& given,
                  ConfigFaults& faults) {
  if (entry.value.kind != Kind::table) {
    return faults.add(entry.value.place, entry.key + " is " + std::string(name_of(entry.value)) +
                                             "; write a table, [" + entry.key + ']');
  }
  for (const TomlEntry& each : entry.value.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&each](const ScalarKey& known) {
      return known.name == each.key;
    });
    if (key != keys.end()) {
      read_scalar(each, entry.key + '.' + each.key, *key, given, faults);
      continue;
    }
    std::vector<std::string_view> names;
    for (const ScalarKey& known : keys) names.push_back(known.name);
    add_unknown_key(each, entry.key, names, faults);
  }
}

}  // namespace sluice::tools::daemon
