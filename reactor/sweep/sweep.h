// Connects to very many addresses, as fast as the path allows, and reports what became of each.
//
// What it is: the engine of a port scanner, and of a health check of ten thousand backends. It
// pulls targets one by one when there is room for another probe, so that a whole network is never
// held in memory; a probe is a non-blocking connect(). Each target is reported once, in no certain
// order.
// Lifetime: must go before its loop; going cancels, silently. Its functions may call every member,
// and may not destroy it.
// Thread: the loop's.
// Errors: of the network in SweepResult; of this host (no descriptor, port or buffer left) nowhere:
// the probe waits and is tried again, and only what can never succeed here is reported, as failed.
// What a function throws is reported by the loop; a source that throws has come to its end.
// Units: microseconds for times of the path; probes a second.
// Source: POSIX.1-2017 connect(); RFC 6298 for the time-outs; RFC 5681 for the window's shape.
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

  // Nothing runs before start(). REQUIRES: functions that are not empty, a loop on real time.
  Sweep(Loop& loop, const SweepOptions& options, Source source, Sink sink, Done done);
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  ~Sweep();

  // `done` runs once, in a turn to come, when every target has been reported; not after stop().
  // REQUIRES: called once at most.
  void start();
  // At once, and silent: probes under way are closed, pending() keeps saying what was not reported.
  void stop() noexcept;

  [[nodiscard]] const SweepCounters& counters() const noexcept;
  // What was pulled and not reported yet: with what the source has not given, all that is left to
  // do later. May throw std::bad_alloc.
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  std::unique_ptr<SweepEngine> engine_;
};

}  // namespace sluice

#endif
