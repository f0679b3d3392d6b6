// Linked into every test binary of a ThreadSanitizer build, where Criterion's BoxFort otherwise
// stops with "Could not initialize inheritable arena": it maps its arena at 0x200000000000 plus
// 2^24 times what rand_r() says, and ThreadSanitizer allows a program only parts of the address
// space. These values put it into the part for position-independent programs, 0x550000000000 to
// 0x568000000000, in clang 14 as in g++ 12.
#include <atomic>
#include <cstdlib>

// Visible, so that Criterion finds it before the C library's.
extern "C" __attribute__((visibility("default"))) int rand_r(unsigned* seed) noexcept {
  constexpr unsigned kFirst = 0x350000;
  constexpr unsigned kCount = 0x018000;
  static std::atomic<unsigned> calls{0};
  return static_cast<int>(kFirst + (*seed + calls.fetch_add(1) * 7919U) % kCount);
}
