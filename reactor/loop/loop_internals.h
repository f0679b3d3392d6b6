// The functions of a Loop that only the library may call. Not installed, so that no program depends
// on them.
//
// Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LOOP_INTERNALS_H
#define SLUICE_REACTOR_LOOP_LOOP_INTERNALS_H

#include <cassert>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "../base/counting.h"
#include "loop.h"
#include "loop_component.h"

namespace sluice {

class LoopInternals {
 public:
  // REQUIRES: no other thread runs the loop. Costs nothing in a build without assertions.
  static void assert_thread([[maybe_unused]] const Loop& loop) noexcept {
    assert(loop.not_run_elsewhere() &&
           "while a loop runs, other threads may only post() and stop()");
  }
  [[nodiscard]] static Counters& counters(Loop& loop) noexcept { return loop.counters_; }
  // The read buffer of all connections of the loop; a handler gets a view into it. Only the pages
  // that data has reached use memory.
  [[nodiscard]] static std::span<std::byte> read_buffer(Loop& loop) noexcept {
    return {loop.read_buffer_.get(), Loop::kReadBufferSize};
  }
  // Connections that this loop has accepted and handed to others. They count for its limit.
  [[nodiscard]] static std::size_t& handed_over(Loop& loop) noexcept { return loop.handed_over_; }
  // REQUIRES: it had a limit before.
  static void set_max_memory(Loop& loop, std::size_t bytes) noexcept {
    loop.options_.max_memory = bytes;
  }
  [[nodiscard]] static TurnBudget& budget(Loop& loop) noexcept { return loop.budget_; }
  // Input waits for the next turn.
  [[nodiscard]] static bool has_postponed(const Loop& loop) noexcept {
    return !loop.next_turn_.empty();
  }
  static void start_timer(Loop& loop, TimerQueue::Entry& entry, TimePoint due) {
    loop.start_timer(entry, due);
  }
  static void stop_timer(Loop& loop, TimerQueue::Entry& entry) noexcept {
    assert_thread(loop);
    loop.timers_.remove(entry);
  }
  // Drops the tasks that have not run and closes the connections, as the destructor does. False if
  // there was neither.
  static bool wind_up(Loop& loop) noexcept { return loop.wind_up(); }
  // TimePoint::max() if there is none.
  [[nodiscard]] static TimePoint next_timer(const Loop& loop) noexcept {
    return loop.timers_.empty() ? TimePoint::max() : loop.timers_.head();
  }
  // Where the connection table is stored, so that the loop need not know its type.
  [[nodiscard]] static std::unique_ptr<LoopComponent>& connections(Loop& loop) noexcept {
    return loop.connections_;
  }
  // Where the buffers that the datagram sockets share are stored; null if there are no sockets.
  [[nodiscard]] static std::unique_ptr<LoopComponent>& datagrams(Loop& loop) noexcept {
    return loop.datagrams_;
  }
  // The time of this call: the time of the turn, unless the turn has lasted for a tick of the
  // coarse clock.
  [[nodiscard]] static TimePoint fresh_now(const Loop& loop) noexcept {
    const TimePoint turn = loop.now();
    if (loop.options_.virtual_time || coarse_now() <= turn) return turn;
    return Clock::now();
  }
  // Runs `work` of the library, which belongs to `where`. If it throws, reports the exception and
  // returns false.
  template <class Work>
  static bool contained(Loop& loop, std::string_view where, Work&& work) noexcept {
    return loop.contained(where, std::forward<Work>(work));
  }
  // The same for a callback of the program. REQUIRES: `where` is a literal.
  template <class Callback>
  static bool guarded(Loop& loop, std::string_view where, Callback&& callback) noexcept {
    return loop.guarded(where, std::forward<Callback>(callback));
  }
};

}  // namespace sluice

#endif
