// sluice-talk(1): talks to an endpoint in whole messages.
#include <csignal>
#include <cstdio>

#include "../common/program.h"
#include "../common/signal_setup.h"
#include "../common/standard_streams.h"
#include "exit_status.h"
#include "options.h"
#include "talk.h"

namespace sluice {
namespace {

Outcome run(int argc, char** argv) {
  const TalkOptions options = parse_talk_options(argc, argv);
  if (!options.answer.empty()) {
    write_standard_output(options.answer);
    return {};
  }
  Talk talk(options);
  return talk.run();
}

int end(const Outcome& outcome) {
  if (!outcome.message.empty()) std::fprintf(stderr, "sluice-talk: %s\n", outcome.message.c_str());
  // The shell has to know that it was the signal: a loop in a script ends then too.
  if (outcome.signal != 0) std::raise(outcome.signal);
  return static_cast<int>(outcome.status);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  return sluice::run_program("sluice-talk", [=] {
    sluice::let_signals_through({SIGTERM, SIGINT, SIGHUP, SIGPIPE});
    return sluice::end(sluice::run(argc, argv));
  });
}
