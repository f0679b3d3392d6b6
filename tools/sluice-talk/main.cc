// sluice-talk(1): talks to an endpoint in whole messages.
#include <csignal>

#include "../common/program.h"
#include "options.h"
#include "talk.h"

namespace sluice::tools::talk {
namespace {

Outcome run(int argc, char** argv) {
  const TalkOptions options = parse_talk_options(argc, argv);
  if (!options.answer.empty()) return answer_with(options.answer);
  Talk talk(options);
  return talk.run();
}

}  // namespace
}  // namespace sluice::tools::talk

int main(int argc, char** argv) {
  return sluice::tools::run_program({.name = "sluice-talk",
                                     .signals = {SIGTERM, SIGINT, SIGHUP, SIGPIPE},
                                     .run = sluice::tools::talk::run,
                                     .report = nullptr},
                                    argc, argv);
}
