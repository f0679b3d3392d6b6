// What a Sweep is given and what it reports: targets, options, results and counters.
//
// Units: microseconds for times of the path; probes a second.
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
  open,         // the connection was made
  closed,       // refused, or reset
  filtered,     // no answer to any attempt, or an ICMP message that prohibits it
  unreachable,  // the network or the host is: SweepResult::error says which
  failed        // this host cannot try it: SweepResult::error says why
};

// "open", "closed", "filtered", "unreachable", "failed".
SLUICE_EXPORT std::string_view to_string(SweepState state) noexcept;

struct SweepTarget {
  Address address{};      // an IP address with its port
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

  ConnectFrom from{};
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

// The next target; nothing at the end, after which it is not called again.
using SweepSource = std::function<std::optional<SweepTarget>()>;
// `socket` is the open connection when state is open, and else holds none. Move it out to keep it;
// what is left is closed by a reset, so that nothing stays in TIME_WAIT.
using SweepSink = std::function<void(const SweepResult&, Fd& socket)>;
using SweepDone = std::function<void()>;

}  // namespace sluice

#endif
