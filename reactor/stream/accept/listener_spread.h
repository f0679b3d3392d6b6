// Hands the newcomers of a listener to the loops of its pool. Only for Listener.
//
// What it is: a ListenerOutpost for each other loop. A newcomer goes to the loop with the fewest
// connections. One that a loop does not take in kPatience, because a handler of that loop does not
// return, is taken back and goes to another loop; that one gets no newcomer until it takes some. A
// loop whose connections hold more than its max_memory gets none either.
// Lifetime: must be destroyed before the listener's loop. Thread: the listener's loop's.
#ifndef SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_SPREAD_H
#define SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_SPREAD_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "../../loop/loop_pool.h"
#include "../../loop/timer.h"
#include "listener_outpost.h"

namespace sluice {

class ListenerSpread {
 public:
  static constexpr std::chrono::milliseconds kPatience{20};

  struct Host {
    const Listener& listener;
    const ListenerOptions& options;
    const ProtocolFactory& factory;
    // Counts the connections in other loops, and the newcomers on their way.
    std::size_t& open;
    // A newcomer that was handed over is gone.
    std::function<void(const Address& peer)> gone;
    // Newcomers were taken back, or are moved, and are not counted any more. May destroy this
    // object.
    std::function<void(Newcomers newcomers)> returned;
  };

  // REQUIRES: options.pool is set; the listener is on its first loop.
  explicit ListenerSpread(const Host& host);
  ListenerSpread(const ListenerSpread&) = delete;
  ListenerSpread& operator=(const ListenerSpread&) = delete;
  ~ListenerSpread();

  // Whether another loop may get a newcomer: it is not stalled, and keeps its max_memory.
  [[nodiscard]] bool has_room() const noexcept;
  // Returns false if the listener's own loop is to have it. Throws std::bad_alloc; then the
  // newcomer stays with the caller.
  [[nodiscard]] bool hand_over(Newcomer& newcomer);
  // A connection is moved to another loop.
  void move(Newcomer newcomer) noexcept;
  void add_counters(ListenerCounters& sum) const noexcept;
  void begin_drain() noexcept;
  void end_drain() noexcept;

 private:
  [[nodiscard]] std::size_t choose() const noexcept;
  [[nodiscard]] std::size_t loop_for(const Newcomer& newcomer) noexcept;
  void count_moved(std::size_t change) noexcept;  // modulo its range: -n takes away
  void check();
  void pass_on(Newcomers newcomers);

  LoopPool& pool_;
  std::size_t& open_;
  std::function<void(const Address& peer)> gone_;
  std::function<void(Newcomers newcomers)> returned_;
  std::vector<std::shared_ptr<ListenerOutpost>> outposts_;  // of the pool's loops from 1
  bool draining_ = false;
  Timer check_;
  Newcomers moved_;  // since the last turn
  Timer moves_;
};

}  // namespace sluice

#endif
