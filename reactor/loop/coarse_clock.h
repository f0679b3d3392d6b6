// The monotonic clock as of the system's last tick: some milliseconds late, but cheap to read.
//
// Thread: any. Units: the same time as Clock; it lags by at most a tick, 1 to 10 ms. Where the
// system has no such clock it is Clock itself.
// Source: clock_gettime(2), CLOCK_MONOTONIC_COARSE.
#ifndef SLUICE_REACTOR_LOOP_COARSE_CLOCK_H
#define SLUICE_REACTOR_LOOP_COARSE_CLOCK_H

#include <chrono>
#include <ctime>

#include "../base/timer_queue.h"

namespace sluice {

[[nodiscard]] inline TimePoint coarse_now() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
  timespec time{};
  if (::clock_gettime(CLOCK_MONOTONIC_COARSE, &time) == 0) {
    return TimePoint(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
#endif
  return Clock::now();
}

}  // namespace sluice

#endif
