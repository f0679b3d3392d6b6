// The fixed scenarios in which calls fail. Each sets up a loop, runs it to its end beside a thread
// of clients whose calls do not fail, frees everything, and returns what it saw.
//
// Calls are counted from the first to the last; REQUIRES: use_page() before.
#ifndef SLUICE_TESTS_FAULTS_SCENARIO_H
#define SLUICE_TESTS_FAULTS_SCENARIO_H

#include "verdicts.h"
#include <sluice/loop.h>

namespace sluice::faults {

// Listeners over TCP and a Unix socket, an adopted connection, datagrams, timers, posts, a drain.
void run_serving(Backend backend, Sighting& seen);
// A listener of a pool of two loops; if there can be no threads, the first one alone.
void run_pool(Backend backend, Sighting& seen);
// A connector, a sweep, a resolver.
void run_reaching_out(Backend backend, Sighting& seen);

}  // namespace sluice::faults

#endif
