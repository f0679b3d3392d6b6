// The loop that a test runs on: CTest runs each test of a loop once for each backend.
#ifndef SLUICE_TESTS_SUPPORT_BACKEND_H
#define SLUICE_TESTS_SUPPORT_BACKEND_H

#include <cstdlib>

#include <sluice/loop.h>

// On the backend that SLUICE_TEST_BACKEND names; without it, on the library's choice.
inline sluice::LoopOptions backend_options() {
  sluice::LoopOptions options;
  if (const char* name = std::getenv("SLUICE_TEST_BACKEND"); name != nullptr) {
    options.backend = sluice::backend_from(name);
  }
  return options;
}

#endif
