// The connections of one listener in one other loop of its pool. Only for ListenerSpread.
//
// What it is: a queue of newcomers on their way to the loop, a group for those that have become
// connections there, and a queue of those that are gone, on their way back to the listener.
// Lifetime: counted, because both loops' threads and the tasks between them refer to it, and any of
// them may be the last.
// Thread: each function says which one may call it: the listener's (home) or the other loop's.
#ifndef SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_OUTPOST_H
#define SLUICE_REACTOR_STREAM_ACCEPT_LISTENER_OUTPOST_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "../../base/address.h"
#include "../../base/fd.h"
#include "../../base/mutex.h"
#include "../../loop/loop.h"
#include "../connection_group.h"
#include "../listener_counters.h"
#include "../listener_options.h"
#include "../protocol.h"

namespace sluice {

class Listener;
class MemoryBudget;

struct Newcomer {
  Fd socket;
  Address peer;
  // Connection::move_to() has moved it, to the loop with this index. It has been counted before.
  std::optional<std::uint32_t> moved_to{};
};
// Its nodes move from queue to queue, so that only the arrival of a newcomer needs memory.
using Newcomers = std::list<Newcomer>;

// Makes a connection of `group`, and counts it. Returns false if the factory or the transport's
// refuses the newcomer. Throws as ConnectionTable::open() and the factories do.
[[nodiscard]] bool open_newcomer(ConnectionGroup& group, const ProtocolFactory& factory,
                                 const ListenerOptions& options, Newcomer& newcomer);
void count_refused(ConnectionGroup& group, Refusal why, std::uint64_t newcomers = 1) noexcept;

class ListenerOutpost : public std::enable_shared_from_this<ListenerOutpost> {
 public:
  // `handed` is the pool's count for this loop. `gone` is called at home for each that is gone; it
  // has a socket if it is to be moved.
  ListenerOutpost(const Listener& listener, Loop& home, Loop& loop, std::size_t& handed,
                  const ListenerOptions& options, ProtocolFactory factory,
                  std::function<void(Newcomer gone)> gone);
  ListenerOutpost(const ListenerOutpost&) = delete;
  ListenerOutpost& operator=(const ListenerOutpost&) = delete;

  // --- At home ---
  // Throws std::bad_alloc, and then the newcomer stays with the caller.
  void send(Newcomer& newcomer);
  // Looks whether the loop has taken a newcomer since the last call. If newcomers wait that had
  // waited then, the loop is stalled: they are returned, and are no longer counted here.
  [[nodiscard]] Newcomers check();
  [[nodiscard]] bool has_waiting() const;
  // Counts those that are gone, if there was no memory to say so. May destroy the listener.
  void collect_missed();
  // It has not taken a newcomer since check() found that.
  [[nodiscard]] bool is_stalled() const noexcept { return stalled_at_ == takes_.load(); }
  // The loop is to get no newcomer: it is stalled, or its connections hold more than its
  // max_memory. The latter is not known before it has taken the first newcomer.
  [[nodiscard]] bool is_full() const noexcept;
  // Sent, and neither returned nor gone.
  [[nodiscard]] std::size_t open() const noexcept { return open_; }
  void add_counters(ListenerCounters& sum) const noexcept;
  void begin_drain() noexcept;
  void end_drain() noexcept;
  // The listener is being destroyed. The connections go on.
  void leave() noexcept;

 private:
  // --- At home ---
  void collect();
  void count_gone(std::size_t count) noexcept;
  [[nodiscard]] bool post_to_loop(void (ListenerOutpost::*step)()) noexcept;
  // --- In the other loop ---
  void take();
  void take_one(Newcomers& from);
  void make_group();
  void on_gone(const Connection& connection);
  void on_moved(Fd socket, const Connection& connection, std::uint32_t loop);
  void pass_back(Newcomers& from) noexcept;
  void drain_group();
  void close_group();
  void release();

  enum class Drain : std::uint8_t { no, begun, ended };  // ended: its deadline has passed

  Loop& home_;
  Loop& loop_;
  const ListenerOptions options_;

  // --- At home ---
  const Listener& listener_;
  std::size_t& handed_;
  std::function<void(Newcomer gone)> gone_at_home_;  // empty once the listener has left
  std::size_t open_ = 0;
  std::optional<std::uint64_t> waited_at_;   // takes_, when check() found newcomers that wait
  std::optional<std::uint64_t> stalled_at_;  // takes_, when it found them again
  bool end_posted_ = false;

  // --- In the other loop ---
  ProtocolFactory factory_;           // until release(); then only the group has it
  ConnectionGroup* group_ = nullptr;  // made with the first newcomer
  Newcomers open_nodes_;              // as many as there are connections; their contents are unused
  Newcomers ended_;                   // on_close() has run, and their handlers are destroyed next
  Drain drain_ = Drain::no;

  // --- Shared ---
  std::atomic<std::uint64_t> takes_{0};
  std::atomic<bool> left_{false};
  std::atomic<const ListenerCounters*> counters_{nullptr};
  std::atomic<std::uint64_t> failed_{0};  // newcomers, while there was no memory for the group
  std::atomic<const MemoryBudget*> memory_{nullptr};  // of the loop, which outlives the tasks
  mutable detail::Mutex mutex_;
  Newcomers waiting_ SLUICE_GUARDED_BY(mutex_);
  Newcomers gone_ SLUICE_GUARDED_BY(mutex_);
  bool take_posted_ SLUICE_GUARDED_BY(mutex_) = false;
  bool collect_posted_ SLUICE_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice

#endif
