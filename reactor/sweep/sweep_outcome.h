// What an errno of connect() says of its target. The table is in sluice_sweep(3).
//
// What it is: pure functions, but for has_source(), which asks the kernel once.
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
  filtered,  // somebody said that it is prohibited
  silent,    // this attempt had no answer: another one may
  unreachable,
  wait,   // this host lacks something just now: the same again later
  failed  // this host cannot do it
};

// `error`: what connect() returned, 0 for success.
[[nodiscard]] SweepOutcome outcome_of_connect(int error, const Address& target) noexcept;
// `error`: why there is no socket to connect with.
[[nodiscard]] SweepOutcome outcome_of_socket(int error) noexcept;

// An ICMP message about an attempt: as errno, and whether it said "prohibited".
struct SweepIcmp {
  int error = 0;
  bool prohibited = false;
};
// `type`, `code`: of ICMPv4.
[[nodiscard]] bool is_prohibition(unsigned type, unsigned code) noexcept;
// What the kernel keeps for `fd` of messages about `target`; nothing elsewhere than on Linux.
[[nodiscard]] std::optional<SweepIcmp> icmp_about(int fd, const Address& target) noexcept;

// Has this host an address to speak to `target` from? EADDRNOTAVAIL of connect() means that it has
// none, for ever, or no port, for now.
[[nodiscard]] bool has_source(const Address& target) noexcept;

// May a socket whose connect was refused connect again on this system? Tried on loopback.
[[nodiscard]] bool refused_socket_connects_again() noexcept;

}  // namespace sluice

#endif
