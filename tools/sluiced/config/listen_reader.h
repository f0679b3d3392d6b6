// From what is written of a service to a ListenSpec: the steps "read" and "validate".
//
// Both report every error that they find, not the first one alone. Nothing is opened, and no name
// is looked up.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_LISTEN_READER_H
#define SLUICE_TOOLS_SLUICED_CONFIG_LISTEN_READER_H

#include <optional>
#include <string_view>

#include "../services/service_kind.h"
#include "../settings/listen_spec.h"
#include "../settings/setting_error.h"
#include "../settings/settings.h"
#include "../settings/written_listen.h"

namespace sluice::tools::daemon {

// Reads each value by itself, and adds an error for each required key that is missing. `defaults`
// hold where a key is not given and can be: they are for the keys that every service has. The spec
// is complete only if no error was added.
ListenSpec read_spec(const WrittenListen& written, const Settings& defaults, SettingErrors& errors);

// Adds an error for each value that another value, or the endpoint, does not allow. REQUIRES: the
// spec was read without an error. To be called again when its host has been looked up.
void validate_spec(const ListenSpec& spec, SettingErrors& errors);

// The scheme that the text of an endpoint begins with, tcp for http and tls, or that the socket has
// to which it refers; nothing if there is none.
std::optional<Scheme> scheme_of(std::string_view endpoint);
// One of socket_keys(), or of the kind's own; null if there is none of that name.
const Key* find_key(const ServiceKind& kind, std::string_view name);

// The value of -l: split, read and validated. Throws UsageError with all errors.
ListenSpec parse_listen(std::string_view text, const Settings& defaults);

}  // namespace sluice::tools::daemon

#endif
