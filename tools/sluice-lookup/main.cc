// sluice-lookup(1): the addresses of names, the names of addresses, the ports of services.
#include <cstdio>
#include <exception>

#include "../common/standard_streams.h"
#include "../common/usage_error.h"
#include "lookup.h"
#include "options.h"

namespace sluice {
namespace {

enum ExitStatus { kWell = 0, kFailed = 1, kWrongUsage = 2 };

ExitStatus run(int argc, char** argv) {
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
  try {
    sluice::occupy_standard_streams();
    return sluice::run(argc, argv);
  } catch (const sluice::UsageError& error) {
    std::fprintf(stderr, "sluice-lookup: %s\nsluice-lookup: --help says what is allowed\n",
                 error.what());
    return sluice::kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-lookup: %s\n", error.what());
    return sluice::kFailed;
  }
}
