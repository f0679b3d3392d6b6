#include "spare_memory.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sluice::tools::daemon {
namespace {

void give_back() noexcept {
#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)
  if (::mallinfo2().fordblks > SpareMemory::kKept) ::malloc_trim(0);
#endif
#endif
}

}  // namespace

SpareMemory::SpareMemory(Loop& loop) : timer_(loop, give_back) { timer_.start_repeating(kEvery); }

}  // namespace sluice::tools::daemon
