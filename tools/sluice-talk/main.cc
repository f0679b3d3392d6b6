// sluice-talk(1): talks to an endpoint in whole messages.
#include <csignal>
#include <cstdio>
#include <exception>

#include "../common/standard_streams.h"
#include "../common/usage_error.h"
#include "exit_status.h"
#include "options.h"
#include "talk.h"

namespace sluice {
namespace {

// A parent may have left them blocked or ignored: blocked, they stop nothing.
void let_signals_through() {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&ours, signal);
  sigprocmask(SIG_UNBLOCK, &ours, nullptr);
}

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
  using sluice::ExitStatus;
  try {
    sluice::occupy_standard_streams();
    sluice::let_signals_through();
    return sluice::end(sluice::run(argc, argv));
  } catch (const sluice::UsageError& error) {
    std::fprintf(stderr, "sluice-talk: %s\nsluice-talk: --help says what is allowed\n",
                 error.what());
    return static_cast<int>(ExitStatus::wrong_usage);
  } catch (const std::exception& error) {
    return sluice::end({ExitStatus::failed, error.what(), 0});
  }
}
