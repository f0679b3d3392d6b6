// What became of one URL.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_RESULT_H
#define SLUICE_TOOLS_SLUICE_FETCH_RESULT_H

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::tools::fetch {

struct FetchResult {
  std::string url;            // as it is shown: without a password
  std::string effective_url;  // after redirects
  long status = 0;            // of HTTP; 0 when no answer came
  std::uint64_t bytes = 0;    // of the body, as far as it came
  double seconds = 0;
  std::optional<std::string> file;   // that is there now
  std::optional<std::string> error;  // in words; nothing when all is well
};

// One object on one line, in ASCII.
std::string as_json(const FetchResult& result);

}  // namespace sluice::tools::fetch

#endif
