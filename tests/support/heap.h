// Counts the memory of `new`, and makes `new` fail when a test wants it.
//
// A test that includes this names heap as its SUPPORT, which replaces the program's operator new.
// The counts are of the whole process, so compare two of them around the code to measure.
#ifndef SLUICE_TESTS_SUPPORT_HEAP_H
#define SLUICE_TESTS_SUPPORT_HEAP_H

#include <cstddef>

namespace heap {

std::size_t live_blocks();
std::size_t live_bytes();   // as malloc has rounded them
std::size_t allocations();  // since the program started

// While one exists, the first `successes` calls of `new` succeed, and every later one throws
// std::bad_alloc. Not while another thread runs that must not fail.
class Shortage {
 public:
  explicit Shortage(std::size_t successes = 0);
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;
  ~Shortage();
};

}  // namespace heap

#endif
