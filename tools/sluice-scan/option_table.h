// The table of sluice-scan's options, nmap's spellings of some, and the text for --help.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_OPTION_TABLE_H
#define SLUICE_TOOLS_SLUICE_SCAN_OPTION_TABLE_H

#include <span>
#include <string>

#include "../common/command_line.h"

namespace sluice::tools::scan {

// Every option, in the order of --help; also for the shells' completions.
std::span<const OptionSpec> scan_option_table() noexcept;

// What nmap's users type. An option is here only if it means the same; others are rejected.
std::span<const OptionAlias> nmap_spellings() noexcept;

std::string scan_help();

}  // namespace sluice::tools::scan

#endif
