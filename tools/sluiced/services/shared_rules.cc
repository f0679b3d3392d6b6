#include "shared_rules.h"

#include <algorithm>
#include <optional>
#include <string>

#include "../../../reactor/base/quote.h"
#include "../endpoints/socket_keys.h"
#include "service_kinds.h"

namespace sluice::tools::daemon {
namespace {

// Null if no spec before it has its core.
const ListenSpec* first_with_core_of(const ListenSpec& spec, std::span<const ListenSpec> before) {
  const auto core_name = kind_of(spec).core_name;
  if (core_name == nullptr) return nullptr;
  const auto found = std::find_if(before.begin(), before.end(), [&](const ListenSpec& other) {
    const auto other_name = kind_of(other).core_name;
    return other_name != nullptr && other_name(other) == core_name(spec);
  });
  return found == before.end() ? nullptr : &*found;
}

std::string written(const Key& key, const std::optional<Value>& value) {
  return value ? quote(key.write(*value)) : "its default";
}

}  // namespace

void validate_shared_rules(const ListenSpec& spec, std::span<const ListenSpec> before,
                           SettingErrors& errors) {
  const ListenSpec* const first = first_with_core_of(spec, before);
  if (first == nullptr) return;
  const ServiceKind& kind = kind_of(spec);
  for (const Key* key : kind.core_keys) {
    const auto value = spec.settings.value(*key);
    if (!spec.settings.has(*key) || value == first->settings.value(*key)) continue;
    const std::string name(key->name());
    errors.push_back({name, name + ' ' + written(*key, value) + " of " + spec.target.text +
                                " contradicts " + written(*key, first->settings.value(*key)) +
                                " of service " + quote(service_name(*first)) + " at " +
                                first->target.text + ", whose house " +
                                quote(kind.core_name(spec)) +
                                " it shares; give it to the first service of the house alone"});
  }
}

void share_rules(std::vector<ListenSpec>& specs) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const ListenSpec* const first = first_with_core_of(specs[i], std::span(specs).first(i));
    if (first == nullptr) continue;
    for (const Key* key : kind_of(specs[i]).core_keys) {
      if (first->settings.has(*key)) specs[i].settings.set(*key, *first->settings.value(*key));
    }
  }
}

}  // namespace sluice::tools::daemon
