#include "shared_rules.h"

#include <algorithm>
#include <string>

#include "../../../reactor/base/text/quote.h"
#include "../endpoints/socket_keys.h"
#include "service_kinds.h"

namespace sluice::tools::daemon {
namespace {

// The first of `specs` that shares a core with `spec` and gives `key` a value; null if none does.
const ListenSpec* first_with(const Key& key, const ListenSpec& spec,
                             std::span<const ListenSpec> specs) {
  const std::string name = core_name_of(spec);
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const ListenSpec& other) {
    return other.settings.has(key) && core_name_of(other) == name;
  });
  return found == specs.end() ? nullptr : &*found;
}

std::string written(const Key& key, const ListenSpec& spec) {
  return key.text().secret ? "the value" : quote(key.write(*spec.settings.value(key)));
}

}  // namespace

void validate_shared_rules(const ListenSpec& spec, std::span<const ListenSpec> before,
                           SettingErrors& errors) {
  const ServiceKind& kind = kind_of(spec);
  const std::string core = core_name_of(spec);
  if (core.empty()) return;
  const std::string house =
      core.substr(core.find(':') + 1);  // the whole name, if there is no colon
  for (const Key* key : kind.core_keys) {
    if (!spec.settings.has(*key)) continue;
    const ListenSpec* const first = first_with(*key, spec, before);
    if (first == nullptr || spec.settings.value(*key) == first->settings.value(*key)) continue;
    const std::string name(key->name());
    errors.push_back({name, name + ' ' + written(*key, spec) + " of " + spec.target.text +
                                " contradicts " + written(*key, *first) + " of service " +
                                quote(service_name(*first)) + " at " + first->target.text +
                                ", whose house " + quote(house) +
                                " it shares; give it to one service of the house"});
  }
}

void share_rules(std::vector<ListenSpec>& specs) {
  for (ListenSpec& spec : specs) {
    const ServiceKind& kind = kind_of(spec);
    if (core_name_of(spec).empty()) continue;
    for (const Key* key : kind.core_keys) {
      if (spec.settings.has(*key)) continue;
      if (const ListenSpec* const first = first_with(*key, spec, specs)) {
        spec.settings.set(*key, *first->settings.value(*key));
      }
    }
  }
}

}  // namespace sluice::tools::daemon
