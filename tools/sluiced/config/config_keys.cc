#include "config_keys.h"

#include "../../../reactor/base/quote.h"
#include "../../common/names.h"
#include "../../common/nearest.h"

namespace sluice::tools::daemon {

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

}  // namespace sluice::tools::daemon
