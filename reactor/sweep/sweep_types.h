// The input and the results of a Sweep: targets, options, results and counters.
//
// Units: microseconds for round-trip times; attempts a second for the rate.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_TYPES_H
#define SLUICE_REACTOR_SWEEP_SWEEP_TYPES_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "../base/address.h"
#include "../base/export.h"
#include "../base/fd.h"
#include "../connect/connect_socket.h"

namespace sluice {

enum class SweepState : std::uint8_t {
  open,         // the connection was established, even if the peer reset it at once
  closed,       // the connection was refused
  filtered,     // no answer to any attempt, or a message that it is prohibited
  unreachable,  // no route to the host or its network; see SweepResult::error
  failed        // this host cannot make the attempt; see SweepResult::error
};

// "open", "closed", "filtered", "unreachable", "failed".
SLUICE_EXPORT std::string_view to_string(SweepState state) noexcept;

struct SweepTarget {
  Address address{};      // an IP address with its port
  std::uint64_t tag = 0;  // for the caller's own use; returned in the result
};

struct SweepResult {
  SweepTarget target;
  SweepState state = SweepState::failed;
  // errno of connect(); 0 if no answer arrived, or if the port is open and the peer did not reset
  // the connection at once.
  int error = 0;
  std::chrono::microseconds rtt{0};  // of the answered attempt; 0: no answer
  unsigned attempts = 0;
};

struct SweepOptions {
  static constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(1);

  ConnectFrom from{};
  // The timeout of a probe is computed from the path's round-trip times (RFC 6298), and is at least
  // min_timeout and at most max_timeout. Before the first answer it is first_timeout. Values above
  // kMaxTimeout count as kMaxTimeout.
  std::chrono::milliseconds min_timeout{100};
  std::chrono::milliseconds first_timeout{1000};
  std::chrono::milliseconds max_timeout{3000};
  // The number of further attempts, each on a new socket, if no answer arrives. A host that has
  // been silent for long gets fewer. A host that answers, on a path that loses probes, gets up to
  // four times as many. With 0 no target gets any.
  unsigned retries = 2;
  std::size_t parallel = 0;      // the maximum in flight; 0: determined by the descriptor limit
  double rate = 0;               // the maximum number of attempts a second; 0: no limit
  bool rate_on_loopback = true;  // false: `rate` does not apply to loopback targets
  bool reuse_refused = true;     // false: each attempt uses a new socket
  // If this is more than `rate`, the rate begins with `rate` and adapts to the answers: each one
  // raises it, so that it doubles in about a tenth of a second while all attempts are answered, up
  // to this. While more than a twentieth of them are lost, it is halved, down to `rate`. Without
  // answers it stays.
  double max_rate = 0;
  // With both, the rate begins with this, within them: with what an earlier sweep of the same
  // network has learned (Sweep::rate()). 0: with `rate`.
  double first_rate = 0;
};

struct SweepCounters {
  std::uint64_t targets = 0;  // requested from the source
  std::uint64_t reported = 0;
  std::uint64_t open = 0, closed = 0, filtered = 0, unreachable = 0, failed = 0;
  std::uint64_t attempts = 0;       // connect() calls, not counting local_waits
  std::uint64_t retries = 0;        // attempts after one without an answer
  std::uint64_t local_waits = 0;    // for a descriptor, a port or a buffer
  std::uint64_t self_connects = 0;  // detected and tried again
  std::uint64_t in_flight = 0;
};

// Returns the next target, or nothing at the end; it is then not called again.
using SweepSource = std::function<std::optional<SweepTarget>()>;
// `socket` is the connection if the state is open, and is empty otherwise. Move it out to keep it.
// Otherwise the sweep closes it with a reset, which leaves nothing in TIME_WAIT.
using SweepSink = std::function<void(const SweepResult&, Fd& socket)>;
using SweepDone = std::function<void()>;

}  // namespace sluice

#endif
