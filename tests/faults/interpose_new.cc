// Memory under a sanitizer, whose malloc() nothing may stand before: what C++ asks for can fail.
// The sanitizer sees each block all the same, and what is left of them.
#include <cstdlib>
#include <new>

#include "interpose.h"

using sluice::faults::Call;
using sluice::faults::judge;

namespace {

void* allocate(std::size_t size, const void* caller) {
  void* block = judge(Call::malloc, -1, caller).fails() ? nullptr : std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, SLUICE_CALLER); }
void* operator new[](std::size_t size) { return allocate(size, SLUICE_CALLER); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t /*size*/) noexcept { std::free(block); }
