// What a burst of peers has left in the heap, given back to the system.
//
// What it is: once a minute, when more than kKept bytes of the heap are free, malloc_trim(). By
// itself glibc gives back only what is free at the heap's end, and one small block there keeps all
// that is free below it. On a C library without malloc_trim() it does nothing.
// Lifetime: must not outlive its loop. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SPARE_MEMORY_H
#define SLUICE_TOOLS_SLUICED_SPARE_MEMORY_H

#include <chrono>
#include <cstddef>

#include "../../reactor/loop/timer.h"

namespace sluice::tools::daemon {

class SpareMemory {
 public:
  static constexpr std::chrono::seconds kEvery{60};  // libev wakes as often anyway
  static constexpr std::size_t kKept = 8 * 1024 * 1024;

  explicit SpareMemory(Loop& loop);

 private:
  Timer timer_;
};

}  // namespace sluice::tools::daemon

#endif
