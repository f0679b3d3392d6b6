// sluice-scan(1): connects to TCP ports of hosts, and lists what is open.
#include <csignal>
#include <cstdio>

#include "../common/program.h"
#include "../common/signal_setup.h"
#include "../common/standard_streams.h"
#include "exit_status.h"
#include "options.h"
#include "scan.h"

namespace sluice {
namespace {

void set_signals() {
  let_signals_through({SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2});
  // A reader that left is found by write(): a terminal has to be restored first.
  std::signal(SIGPIPE, SIG_IGN);
}

Outcome run(int argc, char** argv) {
  ScanOptions options = parse_scan_options(argc, argv);
  if (!options.answer.empty()) {
    write_standard_output(options.answer);
    return {};
  }
  Scan scan(options);
  return scan.run();
}

int end(const Outcome& outcome) {
  if (!outcome.message.empty()) std::fprintf(stderr, "sluice-scan: %s\n", outcome.message.c_str());
  if (outcome.reader_left) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  // A status and not the signal itself: what was asked for, what is known, has been done.
  if (outcome.signal != 0) return kSignalStatus + outcome.signal;
  return static_cast<int>(outcome.status);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  return sluice::run_program("sluice-scan", [=] {
    sluice::set_signals();
    return sluice::end(sluice::run(argc, argv));
  });
}
