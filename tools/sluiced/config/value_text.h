// The text of a TOML value, as -l has it: that is what keys read.
//
// Errors: faults; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_VALUE_TEXT_H
#define SLUICE_TOOLS_SLUICED_CONFIG_VALUE_TEXT_H

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "../settings/key.h"
#include "config_faults.h"
#include "toml_value.h"

namespace sluice::tools::daemon {

// [networks]: what a name stands for, in the written form of a list.
using NetworkLists = std::map<std::string, std::string, std::less<>>;

// on and off for booleans, and octal digits for a key that has them; an array for a key that is a
// list, whose words may be names in `lists`. Nothing, and a fault, if the key has no such value.
// `where` begins the message.
std::optional<std::string> text_of(const TomlEntry& entry, const Key& key, const std::string& where,
                                   const NetworkLists& lists, ConfigFaults& faults);

}  // namespace sluice::tools::daemon

#endif
