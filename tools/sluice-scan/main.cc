// sluice-scan(1): connects to TCP ports of hosts, and lists what is open.
#include <csignal>

#include "../common/program.h"
#include "options.h"
#include "scan.h"

namespace sluice::tools::scan {
namespace {

Outcome run(int argc, char** argv) {
  ScanOptions options = parse_scan_options(argc, argv);
  if (!options.answer.empty()) return answer_with(options.answer);
  Scan scan(options);
  return scan.run();
}

}  // namespace
}  // namespace sluice::tools::scan

int main(int argc, char** argv) {
  return sluice::tools::run_program(
      {.name = "sluice-scan",
       .signals = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2},
       // The terminal has to be restored before the program ends.
       .ignores_pipe = true,
       .run = sluice::tools::scan::run,
       .report = nullptr},
      argc, argv);
}
