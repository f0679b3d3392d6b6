// The three descriptors that a program is started with.
//
// Errors: std::system_error. Source: POSIX.1-2017 exec (descriptors 0 to 2), write().
#ifndef SLUICE_TOOLS_COMMON_STANDARD_STREAMS_H
#define SLUICE_TOOLS_COMMON_STANDARD_STREAMS_H

#include <string_view>

namespace sluice::tools {

// Opens /dev/null in place of a closed one. Otherwise the first socket would get its number, and
// the log would be sent to a client. REQUIRES: nothing has been opened before.
void occupy_standard_streams();

// Writes all of `text` to the standard output, and waits for the reader. Also throws (EBADF) if the
// standard output was closed at start.
void write_standard_output(std::string_view text);

}  // namespace sluice::tools

#endif
