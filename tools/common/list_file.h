// Lists of words: a file, or the standard input, with one or more on a line.
//
// What it is: read_list_line() for each line.
// Errors: UsageError that names the file, and the line if a line is wrong: the file cannot be read
// or begins with a byte-order mark, a line is longer than kMaxListLine, or `use` throws
// UsageError.
// Thread: any. It waits for the file.
#ifndef SLUICE_TOOLS_COMMON_LIST_FILE_H
#define SLUICE_TOOLS_COMMON_LIST_FILE_H

#include <functional>
#include <string>
#include <string_view>

#include "list_line.h"

namespace sluice::tools {

// "-" is the standard input.
void read_list(const std::string& file, const std::function<void(std::string_view word)>& use,
               Comments comments = Comments::anywhere);

}  // namespace sluice::tools

#endif
