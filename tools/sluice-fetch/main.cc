// sluice-fetch(1): fetches URLs, many at once.
#include <curl/curl.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <string>

#include "../common/program.h"
#include "../common/signal_setup.h"
#include "../common/standard_streams.h"
#include "exit_status.h"
#include "fetch.h"
#include "options.h"

namespace sluice {
namespace {

void set_signals() {
  let_signals_through({SIGTERM, SIGINT, SIGHUP, SIGPIPE});
  // A reader that is gone is told by write(), so that unfinished files can be removed; and TLS
  // writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
}

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
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  const FetchOptions options = parse_fetch_options(argc, argv);
  if (!options.answer.empty() || options.parse) {
    std::signal(SIGPIPE, SIG_DFL);
    write_standard_output(options.parse ? parts_of_all(options) : options.answer);
    return {};
  }
  Fetch fetch(options);
  return fetch.run();
}

int end(const Outcome& outcome) {
  if (!outcome.message.empty()) {
    std::fprintf(stderr, "sluice-fetch: %s\n", outcome.message.c_str());
  }
  // The shell has to know that it was the signal: a loop in a script ends then too.
  if (outcome.signal == SIGPIPE) std::signal(SIGPIPE, SIG_DFL);
  if (outcome.signal != 0) std::raise(outcome.signal);
  return static_cast<int>(outcome.status);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  return sluice::run_program("sluice-fetch", [=] {
    sluice::set_signals();
    return sluice::end(sluice::run(argc, argv));
  });
}
