// Reads a file that the configuration names, whole, up to a limit.
//
// Thread: any; it waits for the disk, and not for a FIFO or a terminal.
// Errors: std::system_error that names the path; UsageError if the file has more than `most` bytes.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_SMALL_FILE_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_SMALL_FILE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::tools::daemon {

// `what` names it in the message of the limit: "bus: the file".
std::string read_small_file(const std::string& path, std::size_t most, std::string_view what);

}  // namespace sluice::tools::daemon

#endif
