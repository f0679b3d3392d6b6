// What `new` has handed out and not got back, and a `new` that fails when it is told to.
//
// A test that includes this names heap as its SUPPORT: that replaces the program's operator new.
// Counts are of the whole process, so compare two of them around what is measured.
#ifndef SLUICE_TESTS_SUPPORT_HEAP_H
#define SLUICE_TESTS_SUPPORT_HEAP_H

#include <cstddef>

namespace heap {

std::size_t live_blocks();
std::size_t live_bytes();   // as malloc rounded them
std::size_t allocations();  // since the program began

// While one lives, the first `successes` calls of `new` succeed and every later one throws
// std::bad_alloc. Not while a thread is about that must not fail.
class Shortage {
 public:
  explicit Shortage(std::size_t successes = 0);
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;
  ~Shortage();
};

}  // namespace heap

#endif
