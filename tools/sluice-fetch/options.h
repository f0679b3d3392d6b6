// The command line of sluice-fetch.
//
// Errors: parse_fetch_options() throws UsageError, which names the option, what was read and what
// is allowed. The page sluice-fetch(1) describes each option, and a test holds the two together.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_OPTIONS_H
#define SLUICE_TOOLS_SLUICE_FETCH_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../common/command_line.h"
#include "../common/new_file.h"
#include "url.h"

namespace sluice::tools::fetch {

enum class BodiesTo : std::uint8_t { standard_output, files, nowhere };

// A URL and the file for its body; empty if the body becomes no file.
struct FetchJob {
  Url url;
  std::string file;
};

struct FetchOptions {
  static constexpr std::uint64_t kMaxParallel = 1000;
  static constexpr std::uint64_t kMaxRedirects = 100;
  static constexpr std::uint64_t kMaxRetries = 100;
  static constexpr std::size_t kMaxUrls = 1'000'000;
  static constexpr std::uint64_t kMinRate = 1024;

  std::vector<FetchJob> jobs;
  BodiesTo bodies = BodiesTo::standard_output;
  bool raw = false;  // --output - was given: a terminal gets the bodies unchanged
  NewFile::Existing existing = NewFile::Existing::kept;
  bool json = false;
  bool parse = false;
  std::size_t parallel = 8;
  std::size_t max_per_host = 0;          // 0: no limit of its own
  unsigned retries = 0;                  // of each URL, if it failed for a time
  bool resume = false;                   // bodies go to FILE.part first, and are continued
  bool compressed = false;               // asks for compressed bodies
  bool head = false;                     // prints the heads of the answers, and fetches no bodies
  bool allow_downgrade = false;          // redirects from https to http are followed
  std::vector<std::string> headers;      // as libcurl takes them
  std::string post;                      // the file to send; empty: none
  std::uint64_t rate = 0;                // bytes a second, all together; 0: no limit
  std::uint64_t max_size = 0;            // bytes; 0: no limit
  std::chrono::milliseconds timeout{0};  // for each URL, in all; 0: none
  long redirects = 10;
  std::string cacert;  // empty: the system's
  bool insecure = false;
  LoopOptions loop;
  // The text for --help or --version. If it is not empty, the program does nothing else.
  std::string answer;
};

// Every option, in the order of --help: for the shells' completions.
std::span<const OptionSpec> fetch_option_table() noexcept;

FetchOptions parse_fetch_options(int argc, const char* const* argv);

}  // namespace sluice::tools::fetch

#endif
