// The clock of daytime and time. It is a function, so that a test can supply its own.
#ifndef SLUICE_PROTOCOLS_SMALL_WALL_CLOCK_H
#define SLUICE_PROTOCOLS_SMALL_WALL_CLOCK_H

#include <chrono>
#include <functional>

namespace sluice {

using WallTime = std::chrono::system_clock::time_point;
using WallClock = std::function<WallTime()>;

}  // namespace sluice

#endif
