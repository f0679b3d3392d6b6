// What an errno of connect() means for the target. The table is in sluice_sweep(3).
//
// What it is: pure functions, except the last three, which make system calls.
// Thread: any. Source: POSIX.1-2017 connect(); Linux's icmp(7), ip(7), ipv6(7).
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_OUTCOME_H
#define SLUICE_REACTOR_SWEEP_SWEEP_OUTCOME_H

#include <cstdint>
#include <optional>

#include "../base/address.h"

namespace sluice {

enum class SweepOutcome : std::uint8_t {
  under_way,  // not decided yet
  open,
  closed,
  filtered,  // a message said that the connection is prohibited
  silent,    // this attempt got no answer; another one may
  unreachable,
  wait,   // this host lacks something for now: try again later
  failed  // this host cannot make the attempt
};

// `error`: the errno of connect(), or 0 if it succeeded.
[[nodiscard]] SweepOutcome outcome_of_connect(int error, const Address& target) noexcept;
// `error`: why no socket could be opened.
[[nodiscard]] SweepOutcome outcome_of_socket(int error) noexcept;

// An ICMP message about an attempt: its errno, and whether it said "prohibited".
struct SweepIcmp {
  int error = 0;
  bool prohibited = false;
};
// `type` and `code` are those of ICMPv4.
[[nodiscard]] bool is_prohibition(unsigned type, unsigned code) noexcept;
// The last ICMP message about `target` in the error queue of `fd`. Nothing on other systems than
// Linux.
[[nodiscard]] std::optional<SweepIcmp> icmp_about(int fd, const Address& target) noexcept;

// Does this host have a source address for `target`? If not, EADDRNOTAVAIL of connect() is
// permanent; otherwise it means that no port is left for now.
[[nodiscard]] bool has_source(const Address& target) noexcept;

// Can a socket connect again after its connection was refused? Tries it on loopback.
[[nodiscard]] bool refused_socket_connects_again() noexcept;

}  // namespace sluice

#endif
