// The fixed scenarios that faults are struck into. Each sets up a loop, runs it to its end beside a
// thread of clients that no fault befalls, lets go of all, and tells what it saw.
//
// It counts from its first call to its last; REQUIRES: use_page() before.
#ifndef SLUICE_TESTS_FAULTS_SCENARIO_H
#define SLUICE_TESTS_FAULTS_SCENARIO_H

#include "verdicts.h"
#include <sluice/loop.h>

namespace sluice::faults {

// Listeners over TCP and a Unix socket, an adopted connection, datagrams, timers, posts, a drain.
void run_serving(Backend backend, Sighting& seen);
// A connector, a sweep, a resolver.
void run_reaching_out(Backend backend, Sighting& seen);

}  // namespace sluice::faults

#endif
