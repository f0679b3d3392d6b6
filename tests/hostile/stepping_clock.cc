// A wall clock that somebody keeps setting: LD_PRELOAD=libstepping_clock.so, for test_clocks.py.
//
// CLOCK_REALTIME, time() and gettimeofday() are off by the nanoseconds that stand in the first
// eight bytes of the file that SLUICE_CLOCK names; the test writes them while the program runs. The
// monotonic clock is the kernel's. A time namespace would not do: it moves all clocks but this one.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

const volatile std::int64_t* offset() {
  static const volatile std::int64_t* const mapped = []() -> const volatile std::int64_t* {
    static const std::int64_t none = 0;
    const char* const path = std::getenv("SLUICE_CLOCK");
    const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return &none;
    void* const at = ::mmap(nullptr, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return at == MAP_FAILED ? &none : static_cast<const std::int64_t*>(at);
  }
  ();
  return mapped;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* into) noexcept {
  const long result = ::syscall(SYS_clock_gettime, clock, into);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    const std::int64_t now = into->tv_sec * kNanoseconds + into->tv_nsec + *offset();
    into->tv_sec = now / kNanoseconds;
    into->tv_nsec = now % kNanoseconds;
  }
  return static_cast<int>(result);
}

__attribute__((visibility("default"))) std::time_t time(std::time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}

__attribute__((visibility("default"))) int gettimeofday(timeval* into, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return result;
}

}  // extern "C"
