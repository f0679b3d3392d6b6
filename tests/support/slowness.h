// By how much everything is slower: CTest sets it under a sanitizer or memcheck.
#ifndef SLUICE_TESTS_SUPPORT_SLOWNESS_H
#define SLUICE_TESTS_SUPPORT_SLOWNESS_H

#include <cstdlib>

// SLUICE_SLOWNESS, or 1. Multiply only times that a slow machine could miss.
inline int slowness() {
  const char* const times = std::getenv("SLUICE_SLOWNESS");
  const int value = times == nullptr ? 1 : std::atoi(times);
  return value < 1 ? 1 : value;
}

// Whether one of a few attempts returns true: for what may also fail because the test was not
// scheduled in time. A mistake of the code under test must make all of them fail.
template <class Attempt>
bool succeeds_once(Attempt attempt) {
  for (int i = 0; i < 5; ++i) {
    if (attempt()) return true;
  }
  return false;
}

#endif
