// sluice-lookup(1): addresses, names and other records, and the ports of services.
#include <csignal>

#include "../common/program.h"
#include "bulk.h"
#include "lookup.h"
#include "options.h"

namespace sluice::tools::lookup {
namespace {

Outcome run(int argc, char** argv) {
  const ServiceNames services = ServiceNames::of_host();
  const LookupOptions options = parse_lookup_options(argc, argv, services);
  if (!options.answer.empty()) return answer_with(options.answer);
  if (options.is_bulk()) return Bulk(options, services).run();
  return Lookup(options, services).run();
}

}  // namespace
}  // namespace sluice::tools::lookup

int main(int argc, char** argv) {
  return sluice::tools::run_program({.name = "sluice-lookup",
                                     .signals = {SIGTERM, SIGINT, SIGHUP, SIGPIPE},
                                     .run = sluice::tools::lookup::run,
                                     .report = nullptr},
                                    argc, argv);
}
