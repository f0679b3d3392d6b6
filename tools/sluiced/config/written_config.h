// What would run, as a configuration file with every default filled in: for -n -v.
//
// Reading the text gives the same services again. Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_WRITTEN_CONFIG_H
#define SLUICE_TOOLS_SLUICED_CONFIG_WRITTEN_CONFIG_H

#include <span>
#include <string>
#include <string_view>

#include "../settings/listen_spec.h"

namespace sluice::tools::daemon {

// A basic string of TOML with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string toml_string(std::string_view text);

// A [[service]] for each, with a comment for each key that has neither a value nor a default.
// REQUIRES: specs of one service (ListenSpec::service) follow each other.
std::string write_services(std::span<const ListenSpec> specs);

}  // namespace sluice::tools::daemon

#endif
