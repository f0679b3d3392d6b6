// How long a server takes for one small echo, asked for again and again.
#ifndef SLUICE_BENCH_ECHO_TIMES_H
#define SLUICE_BENCH_ECHO_TIMES_H

#include <atomic>
#include <vector>

#include "load.h"

namespace bench {

// Asks the echo service at request.port, one question of request.size bytes at a time, until
// `stop`. Returns milliseconds, sorted. A wrong answer ends the program.
std::vector<double> echo_times(const Request& request, const std::atomic<bool>& stop);

// REQUIRES: `sorted` is not empty; percent < 100.
double percentile(const std::vector<double>& sorted, std::size_t percent);

}  // namespace bench

#endif
