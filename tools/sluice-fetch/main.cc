// sluice-fetch(1): fetches URLs, many at once.
#include <curl/curl.h>

#include <csignal>
#include <new>
#include <string>

#include "../common/descriptor_limit.h"
#include "../common/program.h"
#include "../common/terminal/terminal.h"
#include "fetch.h"
#include "options.h"

namespace sluice::tools::fetch {
namespace {

std::string parts_of_all(const FetchOptions& options) {
  std::string text;
  for (const FetchJob& job : options.jobs) {
    if (options.json) {
      text += parts_as_json(job.url);
    } else {
      if (!text.empty()) text += '\n';
      text += printed_parts(job.url);
    }
  }
  return text;
}

Outcome run(int argc, char** argv) {
  use_character_set();  // for names of hosts in other scripts, which libcurl translates
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  const FetchOptions options = parse_fetch_options(argc, argv);
  if (!options.answer.empty() || options.parse) {
    std::signal(SIGPIPE, SIG_DFL);
    return answer_with(options.parse ? parts_of_all(options) : options.answer);
  }
  raise_descriptor_limit();
  Fetch fetch(options);
  return fetch.run();
}

}  // namespace
}  // namespace sluice::tools::fetch

int main(int argc, char** argv) {
  return sluice::tools::run_program({.name = "sluice-fetch",
                                     .signals = {SIGTERM, SIGINT, SIGHUP, SIGPIPE},
                                     // write() reports that a reader has left, so that unfinished
                                     // files can be removed; and TLS writes without MSG_NOSIGNAL.
                                     .ignores_pipe = true,
                                     .run = sluice::tools::fetch::run,
                                     .report = nullptr},
                                    argc, argv);
}
