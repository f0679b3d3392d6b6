// The command line of main.cc, which says what it is.
#ifndef SLUICE_TESTS_FAULTS_DRIVER_OPTIONS_H
#define SLUICE_TESTS_FAULTS_DRIVER_OPTIONS_H

#include <cstdint>
#include <string>
#include <vector>

#include "injector.h"
#include "scenario.h"

namespace sluice::faults {

using Scenario = void (*)(Backend, Sighting&);

struct Options {
  Scenario scenario = run_serving;
  Backend backend = Backend::epoll;
  std::uint64_t jobs = 2;
  std::uint64_t rounds = 1;  // 0: all
  Domain only = Domain::none;
  std::uint64_t call = 0;  // 0: every one
};

// What is no option of these is left alone.
Options parse_driver_options(const std::vector<std::string>& arguments);

}  // namespace sluice::faults

#endif
