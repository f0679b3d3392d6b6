// sluice-lookup(1): the addresses of names, the names of addresses, the ports of services.
#include <csignal>

#include "../common/program.h"
#include "../common/signal_setup.h"
#include "../common/standard_streams.h"
#include "lookup.h"
#include "options.h"

namespace sluice {
namespace {

enum ExitStatus { kWell = 0, kFailed = 1 };

int run(int argc, char** argv) {
  const ServiceNames services = ServiceNames::of_host();
  const LookupOptions options = parse_lookup_options(argc, argv, services);
  if (!options.answer.empty()) {
    write_standard_output(options.answer);
    return kWell;
  }
  return Lookup(options, services).run() ? kWell : kFailed;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  return sluice::run_program("sluice-lookup", [=] {
    sluice::let_signals_through({SIGTERM, SIGINT, SIGHUP, SIGPIPE});
    return sluice::run(argc, argv);
  });
}
