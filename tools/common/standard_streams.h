// The three descriptors that a program is started with.
//
// Errors: std::system_error. Source: POSIX.1-2017 exec (descriptors 0 to 2), write().
#ifndef SLUICE_TOOLS_COMMON_STANDARD_STREAMS_H
#define SLUICE_TOOLS_COMMON_STANDARD_STREAMS_H

#include <string_view>

namespace sluice::tools {

// Puts /dev/null where one of them is closed: otherwise the first socket would get its number, and
// what is meant for the log would go to a client. REQUIRES: nothing was opened before.
void occupy_standard_streams();

// Writes all of `text` to the standard output, and waits for it to be taken. Also throws
// (EBADF) when the standard output was closed at start.
void write_standard_output(std::string_view text);

}  // namespace sluice::tools

#endif
