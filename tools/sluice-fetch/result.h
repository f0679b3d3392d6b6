// The result of one URL.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_RESULT_H
#define SLUICE_TOOLS_SLUICE_FETCH_RESULT_H

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::tools::fetch {

struct FetchResult {
  std::string url;            // without a password
  std::string effective_url;  // after redirects
  long status = 0;            // of HTTP; 0 if no answer arrived
  std::uint64_t bytes = 0;    // of the body that arrived
  double seconds = 0;
  std::optional<std::string> file;   // the file that was written
  std::optional<std::string> error;  // a message; empty on success
};

// One object on one line, in ASCII.
std::string as_json(const FetchResult& result);

}  // namespace sluice::tools::fetch

#endif
