// The name of a file, taken from a URL that somebody else may have written.
//
// What it is: the last segment of the path, percent-decoded once. It is a plain name in the current
// directory or it is refused: no "/" however it is written, no leading "." (hidden files, "..")
// and no leading "-" (the next command's option), no control or invisible character, no byte that
// is not UTF-8, 1 to kMaxFileName bytes. Query and fragment are no part of it.
// Errors: UsageError that quotes the URL and says what is wrong; std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_FILE_NAME_H
#define SLUICE_TOOLS_SLUICE_FETCH_FILE_NAME_H

#include <cstddef>
#include <string>

#include "url.h"

namespace sluice::tools::fetch {

inline constexpr std::size_t kMaxFileName = 255;  // NAME_MAX of the usual file systems

std::string file_name_of(const Url& url);

}  // namespace sluice::tools::fetch

#endif
