#include "support/heap.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <criterion/criterion.h>

#if defined(__SANITIZE_THREAD__)
#define SLUICE_TSAN 1
#elif defined(__clang__)
#if __has_feature(thread_sanitizer)
#define SLUICE_TSAN 1
#endif
#endif

namespace {

std::atomic<std::size_t> blocks{0};
std::atomic<std::size_t> bytes{0};
std::atomic<std::size_t> calls{0};
std::atomic<bool> scarce{false};
std::atomic<std::size_t> successes_left{0};

}  // namespace

#if defined(SLUICE_TSAN)

// ThreadSanitizer's operator new cannot be replaced, but it reports each block.
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* block);

extern "C" void __sanitizer_malloc_hook(const volatile void* block, std::size_t /*size*/) {
  ++calls;
  ++blocks;
  bytes += __sanitizer_get_allocated_size(block);
}

extern "C" void __sanitizer_free_hook(const volatile void* block) {
  if (block == nullptr) return;
  --blocks;
  bytes -= __sanitizer_get_allocated_size(block);
}

#else

void* operator new(std::size_t size) {
  if (scarce) {
    if (successes_left == 0) throw std::bad_alloc();
    --successes_left;
  }
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  ++calls;
  ++blocks;
  bytes += ::malloc_usable_size(block);
  return block;
}

// The sanitizers' own one would allocate what the operator delete below frees.
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  --blocks;
  bytes -= ::malloc_usable_size(block);
  std::free(block);
}

void operator delete(void* block, std::size_t /*size*/) noexcept { operator delete(block); }

void operator delete(void* block, const std::nothrow_t& /*unused*/) noexcept {
  operator delete(block);
}

#endif

namespace heap {

std::size_t live_blocks() { return blocks; }
std::size_t live_bytes() { return bytes; }
std::size_t allocations() { return calls; }

Shortage::Shortage(std::size_t successes) {
#if defined(SLUICE_TSAN)
  cr_skip_test("ThreadSanitizer's operator new cannot be made to fail");
#endif
  successes_left = successes;
  scarce = true;
}

Shortage::~Shortage() { scarce = false; }

}  // namespace heap
