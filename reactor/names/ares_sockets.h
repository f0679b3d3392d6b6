// System calls that replace c-ares's own. Only for AresChannel.
//
// What it is: three differences from c-ares's calls. Sockets are close-on-exec from the start. An
// ICMP error that belongs to an earlier try does not make the current try fail. A budget limits the
// reads in a turn, so that a server that floods us cannot delay the loop.
// Thread: the loop's. Source: POSIX.1-2017 <sys/socket.h>; udp(7) on errors.
#ifndef SLUICE_REACTOR_NAMES_ARES_SOCKETS_H
#define SLUICE_REACTOR_NAMES_ARES_SOCKETS_H

struct ares_channeldata;

namespace sluice {

// The reads that are left in this turn. The owner resets it before each call of c-ares.
struct ReadBudget {
  static constexpr int kReads = 16;
  int left = kReads;
};

// REQUIRES: `budget` outlives the channel.
void use_own_calls(ares_channeldata* channel, ReadBudget& budget) noexcept;

}  // namespace sluice

#endif
