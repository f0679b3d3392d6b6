// Connects to very many addresses, as fast as the path allows, and reports the result of each.
//
// What it is: the engine of a port scanner, and of a health check of ten thousand backends. It
// requests targets one by one when it can start another probe, so that a whole network is never in
// memory. A probe is a non-blocking connect(). Each target is reported once, in no particular
// order.
// Lifetime: must be destroyed before its loop. The destructor stops the sweep and calls nothing.
// Its functions may call every member function, but must not destroy the sweep.
// Thread: the loop's.
// Errors: errors of the network are in SweepResult. If this host lacks a descriptor, a port or a
// buffer, the probe waits and is tried again; only an attempt that can never succeed on this host
// is reported, as failed. The loop reports what a function throws. A source that throws is not
// called again, as if it had ended.
// Units: microseconds for round-trip times; attempts a second for the rate.
// Source: POSIX.1-2017 connect(); RFC 6298 for the timeouts; RFC 5681 for the window.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_H
#define SLUICE_REACTOR_SWEEP_SWEEP_H

#include <memory>
#include <vector>

#include "../base/export.h"
#include "../loop/loop.h"
#include "sweep_types.h"

namespace sluice {

class SweepEngine;

class SLUICE_EXPORT Sweep {
 public:
  using Source = SweepSource;
  using Sink = SweepSink;
  using Done = SweepDone;

  // Does not start the sweep. REQUIRES: the functions are not empty; the loop runs on real time.
  Sweep(Loop& loop, const SweepOptions& options, Source source, Sink sink, Done done);
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  ~Sweep();

  // Calls `done` once, in a later turn, when all targets have been reported, unless stop() was
  // called. REQUIRES: called at most once.
  void start();
  // Closes the probes in flight at once, and calls nothing. pending() still returns their targets.
  void stop() noexcept;

  [[nodiscard]] const SweepCounters& counters() const noexcept;
  // Now, also after the end: between the options' `rate` and `max_rate`. 0: no limit.
  [[nodiscard]] double rate() const noexcept;
  // The targets that came from the source but have not been reported. These and the remaining
  // targets of the source are the work that is left. May throw std::bad_alloc.
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  std::unique_ptr<SweepEngine> engine_;
};

}  // namespace sluice

#endif
