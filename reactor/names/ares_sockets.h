// The system calls of c-ares, made by us: what its own would do wrong. For AresChannel alone.
//
// What it is: its sockets are close-on-exec from the start. An ICMP error that an earlier try met
// is not reported to the try that is being sent. And no more is read of a socket in a turn than a
// budget says, so that a server that floods holds nobody up.
// Thread: the loop's. Source: POSIX.1-2017 <sys/socket.h>; udp(7) on errors.
#ifndef SLUICE_REACTOR_NAMES_ARES_SOCKETS_H
#define SLUICE_REACTOR_NAMES_ARES_SOCKETS_H

struct ares_channeldata;

namespace sluice {

// Reads that are left in this turn. Its owner fills it up.
struct ReadBudget {
  static constexpr int kReads = 16;
  int left = kReads;
};

// REQUIRES: `budget` outlives the channel.
void use_own_calls(ares_channeldata* channel, ReadBudget& budget) noexcept;

}  // namespace sluice

#endif
