// A [[service]] of a configuration file: its table, read into a ListenSpec for each endpoint.
//
//   [[service]]
//   kind = "chat"
//   name = "house"
//   listen = ["tcp://127.0.0.1:9000", { endpoint = "unix:///run/sluiced/chat", mode = "0660" }]
//   rate = "10/1"
//
// A key of the service applies to each of its endpoints that can have it. A key in the table of an
// endpoint applies to that endpoint alone, and is one of socket_keys().
// Errors: faults; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_SERVICE_TABLE_H
#define SLUICE_TOOLS_SLUICED_CONFIG_SERVICE_TABLE_H

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "../settings/listen_spec.h"
#include "../settings/settings.h"
#include "config_faults.h"
#include "toml_value.h"
#include "value_text.h"

namespace sluice::tools::daemon {

// What holds for all services.
struct ConfigDefaults {
  Settings settings;
  NetworkLists networks;
  std::map<std::string, std::string> places;  // of the keys in [defaults]: "sluiced.conf:12"
};

// Appends the endpoints of the service, which are valid only if no fault was added. `number` is
// theirs (ListenSpec::service).
void read_service(const TomlValue& table, std::size_t number, const ConfigDefaults& defaults,
                  std::vector<ListenSpec>& specs, ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
