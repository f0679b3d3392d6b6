// How many times longer everything takes: under a sanitizer or memcheck, CTest says so.
#ifndef SLUICE_TESTS_SUPPORT_SLOWNESS_H
#define SLUICE_TESTS_SUPPORT_SLOWNESS_H

#include <cstdlib>

// From SLUICE_SLOWNESS; 1 without it. Only a time that a slow machine could miss is multiplied.
inline int slowness() {
  const char* const times = std::getenv("SLUICE_SLOWNESS");
  const int value = times == nullptr ? 1 : std::atoi(times);
  return value < 1 ? 1 : value;
}

#endif
