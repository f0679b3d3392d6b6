// The options of the command line together with the configuration file that they name.
//
// Thread: one at a time. Nothing is bound, and no host is looked up.
#ifndef SLUICE_TOOLS_SLUICED_CONFIGURED_H
#define SLUICE_TOOLS_SLUICED_CONFIGURED_H

#include <string>

#include "options.h"

namespace sluice::tools::daemon {

inline constexpr const char* kDefaultConfig = "/etc/sluice/sluiced.conf";

// Names kDefaultConfig if that exists and the command line names neither a file nor a service.
void choose_file(Options& options);

// The options with what their file says, if they name one: its services follow those of -l; where
// both set something, the command line wins. To be called again for a reload. Throws ConfigError
// with all faults, also if there is nothing to serve, and UsageError as check_console().
Options configured(const Options& command_line);

// The options that a parent has read, for its worker: all of them as one file, which includes no
// other. REQUIRES: every host has been looked up. read_by_worker() throws ConfigError; it takes
// options that no file can have from the command line.
std::string write_for_worker(const Options& options);
Options read_by_worker(const std::string& text, const Options& command_line);

// What the loop runs with: where the operator sets no limit on connections, as many as the
// descriptors of the process allow, which each service has a share of.
LoopOptions loop_options(LoopOptions options, std::size_t workers);

// All of it as a configuration file, each default included: for -n -v.
std::string write_configuration(const Options& options);

}  // namespace sluice::tools::daemon

#endif
