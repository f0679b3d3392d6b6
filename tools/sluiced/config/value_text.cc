#include "value_text.h"

#include <vector>

#include "../../common/nearest.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;

// A word of a list: what its name stands for, or itself. Nothing, and a fault, if it is neither.
std::optional<std::string> word_of(const TomlValue& item, const Key& key, const std::string& where,
                                   const NetworkLists& lists, ConfigFaults& faults) {
  const std::string name(key.name());
  if (item.kind != Kind::string) {
    faults.add(item.place, where + name + " has " + std::string(name_of(item)) + "; write strings");
    return {};
  }
  if (const auto found = lists.find(item.text); found != lists.end()) {
    return found->second;
  }
  try {
    (void)key.read(item.text);
    return item.text;
  } catch (const UsageError& error) {
    std::vector<std::string_view> names;
    for (const auto& [network, words] : lists) names.push_back(network);
    faults.add(item.place, where + error.what() + suggestion(item.text, names));
    return {};
  }
}

std::optional<std::string> list_of(const TomlValue& value, const Key& key, const std::string& where,
                                   const NetworkLists& lists, ConfigFaults& faults) {
  std::optional<std::string> all("");
  const auto add = [&](const TomlValue& item) {
    const auto word = word_of(item, key, where, lists, faults);
    if (!word) all.reset();
    if (all) *all += *word + ' ';
  };
  if (value.kind != Kind::array) {
    add(value);
  } else {
    for (const TomlValue& item : value.items) add(item);
  }
  return all;
}

}  // namespace

std::optional<std::string> text_of(const TomlEntry& entry, const Key& key, const std::string& where,
                                   const NetworkLists& lists, ConfigFaults& faults) {
  const TomlValue& value = entry.value;
  if (key.is_list()) return list_of(value, key, where, lists, faults);
  const std::string name(key.name());
  switch (value.kind) {
    case Kind::string:
      return value.text;
    case Kind::boolean:
      return value.text == "true" ? "on" : "off";
    case Kind::integer:
      if (value.octal == key.is_octal()) return value.text;
      if (!key.is_octal()) break;
      faults.add(value.place, where + name + ' ' + value.text +
                                  " is a decimal number; write it in octal, as \"0660\" or 0o660");
      return {};
    case Kind::array:
    case Kind::table:
    case Kind::other:
      break;
  }
  const std::string what = value.octal ? "an octal number" : std::string(name_of(value));
  faults.add(value.place, where + name + " is " + what + "; allowed: " + key.allowed());
  return {};
}

}  // namespace sluice::tools::daemon
