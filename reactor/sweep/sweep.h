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

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "../base/address.h"
#include "../base/export.h"
#include "../base/fd.h"
#include "../connect/connect_socket.h"
#include "../loop/loop.h"

namespace sluice {

enum class SweepState : std::uint8_t {
  open,         // the connection was made
  closed,       // refused, or reset
  filtered,     // no answer to any attempt, or an ICMP message that prohibits it
  unreachable,  // the network or the host is: SweepResult::error says which
  failed        // this host cannot try it: SweepResult::error says why
};

// "open", "closed", "filtered", "unreachable", "failed".
SLUICE_EXPORT std::string_view to_string(SweepState state) noexcept;

struct SweepTarget {
  Address address;        // an IP address with its port
  std::uint64_t tag = 0;  // the maker's own; comes back in the result
};

struct SweepResult {
  SweepTarget target;
  SweepState state = SweepState::failed;
  int error = 0;                     // errno of what connect() said; 0: none (open, or silence)
  std::chrono::microseconds rtt{0};  // of the attempt that was answered; 0: none was
  unsigned attempts = 0;
};

struct SweepOptions {
  static constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(1);

  ConnectFrom from;
  // A probe without an answer is given up after the path's own time-out (RFC 6298, of the round
  // trips that were seen), clamped to these two; before the first answer after `first_timeout`.
  // More than the longest time-out means that one.
  std::chrono::milliseconds min_timeout{100};
  std::chrono::milliseconds first_timeout{1000};
  std::chrono::milliseconds max_timeout{3000};
  // More attempts, each on a fresh socket, after one without an answer. A host that has answered
  // nothing for long gets fewer; one that answers, on a path that loses probes, up to four times as
  // many. 0 is 0 everywhere.
  unsigned retries = 2;
  std::size_t parallel = 0;      // probes in flight at most; 0: what the descriptor limit leaves
  double rate = 0;               // probes a second at most, attempts counted; 0: no cap
  bool rate_on_loopback = true;  // false: `rate` holds for all targets but those on loopback
  bool reuse_refused = true;     // connect again with a refused socket, where the system can
};

struct SweepCounters {
  std::uint64_t targets = 0;  // pulled
  std::uint64_t reported = 0;
  std::uint64_t open = 0, closed = 0, filtered = 0, unreachable = 0, failed = 0;
  std::uint64_t attempts = 0;       // connect() calls that were a probe
  std::uint64_t retries = 0;        // attempts after one without an answer
  std::uint64_t local_waits = 0;    // for a descriptor, a port or a buffer
  std::uint64_t self_connects = 0;  // found, and tried again
  std::uint64_t in_flight = 0;
};

class SLUICE_EXPORT Sweep {
 public:
  // The next target; nothing at the end, after which it is not called again.
  using Source = std::function<std::optional<SweepTarget>()>;
  // `socket` is the open connection when state is open, and else holds none. Who wants it takes it
  // (std::move); what is left is closed by a reset, so that nothing stays in TIME_WAIT.
  using Sink = std::function<void(const SweepResult&, Fd& socket)>;
  using Done = std::function<void()>;

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
  // do. For who wants to go on another day. May throw std::bad_alloc.
  [[nodiscard]] std::vector<SweepTarget> pending() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
