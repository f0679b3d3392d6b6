// System calls that replace c-ares's own. Only for AresChannel.
//
// What it is: four differences from c-ares's calls. Sockets are close-on-exec from the start. An
// ICMP error that belongs to an earlier try does not make the current try fail. A budget limits the
// reads in a turn, so that a server that floods us cannot delay the loop. The last failure that a
// server answered with is remembered: of several servers c-ares reports none.
// Thread: the loop's. Source: POSIX.1-2017 <sys/socket.h>; udp(7) on errors.
#ifndef SLUICE_REACTOR_NAMES_ARES_SOCKETS_H
#define SLUICE_REACTOR_NAMES_ARES_SOCKETS_H

struct ares_channeldata;

namespace sluice {

struct AresReads {
  static constexpr int kMaxInTurn = 16;

  int left = kMaxInTurn;  // in this turn; the owner resets it before each call of c-ares
  unsigned rcode = 0;     // of the last failure over UDP; the owner resets it for each question
};

// REQUIRES: `reads` outlives the channel.
void use_own_calls(ares_channeldata* channel, AresReads& reads) noexcept;

}  // namespace sluice

#endif
