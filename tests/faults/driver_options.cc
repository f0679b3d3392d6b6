#include "driver_options.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::faults {
namespace {

std::uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

}  // namespace

Options parse_driver_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--all") {
      options.rounds = 0;
      continue;
    }
    if (i + 1 == arguments.size()) break;
    const std::string& value = arguments[++i];
    if (name == "--scenario") {
      options.scenario = value == "serving" ? run_serving
                         : value == "pool"  ? run_pool
                                            : run_reaching_out;
    } else if (name == "--backend") {
      options.backend = backend_from(value);
    } else if (name == "--jobs") {
      options.jobs = std::max<std::uint64_t>(1, number(value));
    } else if (name == "--rounds") {
      options.rounds = std::max<std::uint64_t>(1, number(value));
    } else if (name == "--only") {
      options.only = value == "memory" ? Domain::memory : Domain::system;
    } else if (name == "--call") {
      options.call = number(value);
    }
  }
  return options;
}

}  // namespace sluice::faults
