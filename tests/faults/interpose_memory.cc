// Memory: what fails, and how many blocks have not been freed. operator new asks malloc().
#include <cerrno>
#include <cstddef>

#include "interpose.h"

using sluice::faults::Call;
using sluice::faults::count_block;
using sluice::faults::judge;

// The C library's own names for these. dlsym() is not asked: it may need memory itself.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" void* __libc_malloc(std::size_t size) noexcept;
extern "C" void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
extern "C" void* __libc_realloc(void* block, std::size_t size) noexcept;
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
extern "C" void __libc_free(void* block) noexcept;
// NOLINTEND(bugprone-reserved-identifier)

namespace {

template <class Allocate>
void* allocate(const void* caller, Allocate&& real) noexcept {
  void* block = judge(Call::malloc, -1, caller).fails() ? nullptr : real();
  if (block != nullptr) {
    count_block(1);
  } else {
    errno = ENOMEM;
  }
  return block;
}

}  // namespace

SLUICE_FAULTS_FUNCTION void* malloc(std::size_t size) noexcept {
  return allocate(SLUICE_CALLER, [size] { return __libc_malloc(size); });
}

SLUICE_FAULTS_FUNCTION void* calloc(std::size_t count, std::size_t size) noexcept {
  return allocate(SLUICE_CALLER, [count, size] { return __libc_calloc(count, size); });
}

SLUICE_FAULTS_FUNCTION void* realloc(void* block, std::size_t size) noexcept {
  if (block == nullptr) return allocate(SLUICE_CALLER, [size] { return __libc_malloc(size); });
  if (size == 0) {
    count_block(-1);
    __libc_free(block);
    return nullptr;
  }
  if (judge(Call::malloc, -1, SLUICE_CALLER).fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(block, size);
}

SLUICE_FAULTS_FUNCTION void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return allocate(SLUICE_CALLER, [alignment, size] { return __libc_memalign(alignment, size); });
}

SLUICE_FAULTS_FUNCTION void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return allocate(SLUICE_CALLER, [alignment, size] { return __libc_memalign(alignment, size); });
}

SLUICE_FAULTS_FUNCTION int posix_memalign(void** block, std::size_t alignment,
                                          std::size_t size) noexcept {
  void* made =
      allocate(SLUICE_CALLER, [alignment, size] { return __libc_memalign(alignment, size); });
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

SLUICE_FAULTS_FUNCTION void free(void* block) noexcept {
  if (block == nullptr) return;
  count_block(-1);
  __libc_free(block);
}
