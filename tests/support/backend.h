// The options of a loop in a test: CTest runs each loop test once for each backend.
#ifndef SLUICE_TESTS_SUPPORT_BACKEND_H
#define SLUICE_TESTS_SUPPORT_BACKEND_H

#include <cstdlib>

#include <sluice/loop.h>

// The backend that SLUICE_TEST_BACKEND names; without it, the library's choice. With
// SLUICE_TEST_PRECISE, also precise timers.
inline sluice::LoopOptions backend_options() {
  sluice::LoopOptions options;
  if (const char* name = std::getenv("SLUICE_TEST_BACKEND"); name != nullptr) {
    options.backend = sluice::backend_from(name);
  }
  options.precise_timers = std::getenv("SLUICE_TEST_PRECISE") != nullptr;
  return options;
}

#endif
