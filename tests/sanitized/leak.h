// Loses a block of memory, unless SLUICE_NO_LEAK is in the environment.
#ifndef SLUICE_TESTS_SANITIZED_LEAK_H
#define SLUICE_TESTS_SANITIZED_LEAK_H

#include <cstdlib>

inline void leak() {
  constexpr std::size_t kBytes = 1234;
  // Through a volatile pointer, and overwritten, so that it is asked for and then known to nobody.
  static char* volatile block = nullptr;
  block = static_cast<char*>(std::malloc(kBytes));
  if (std::getenv("SLUICE_NO_LEAK") != nullptr) std::free(block);
  block = nullptr;
}

#endif
