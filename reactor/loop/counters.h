// What a loop has counted since its construction.
//
// What it is: a plain struct of numbers, written by the loop's thread and copied by
// Loop::counters(). Another thread asks for a copy through Loop::post(), or LoopPool::counters().
// Units: events, connections, datagrams, microseconds; bytes as the socket calls returned them.
#ifndef SLUICE_REACTOR_LOOP_COUNTERS_H
#define SLUICE_REACTOR_LOOP_COUNTERS_H

#include <array>
#include <cstdint>

#include "../base/close_reason.h"
#include "time_histogram.h"

namespace sluice {

struct Counters {
  std::uint64_t turns = 0;            // times that the loop woke up
  std::uint64_t slow_turns = 0;       // that took longer than LoopOptions::slow_turn
  std::uint64_t longest_turn_us = 0;  // microseconds
  // Of real time. A turn below the tick of the system's coarse clock, 1 to 10 ms, counts in the
  // lowest range; for the sum, one of 64 of these is measured, and stands for the others.
  TimeHistogram turn_times{};
  // How long after it was due a timer ran, when the loop woke up for it.
  TimeHistogram timer_lags{};
  std::uint64_t connections_open = 0;  // now
  std::uint64_t accepted = 0;          // by listeners, and given a handler
  std::uint64_t refused = 0;           // accepted and closed at once: a limit, or no descriptors
  std::uint64_t bytes_in = 0;          // streams
  std::uint64_t bytes_out = 0;
  std::uint64_t datagrams_in = 0;
  std::uint64_t datagrams_out = 0;
  std::uint64_t datagrams_dropped = 0;  // for a full send queue or a failed send
  std::uint64_t paused = 0;             // times that backpressure stopped reading a peer
  std::uint64_t memory_pauses = 0;      // times that LoopOptions::max_memory stopped it
  std::uint64_t dropped_bytes = 0;      // by OverflowPolicy::drop_newest
  // By drains at their deadline: received and not handled, or sent and not written.
  std::uint64_t cut_bytes = 0;
  std::array<std::uint64_t, kCloseReasons> closed{};  // by CloseReason

  [[nodiscard]] std::uint64_t closed_by(CloseReason reason) const {
    return closed[static_cast<std::size_t>(reason)];
  }
};

}  // namespace sluice

#endif
