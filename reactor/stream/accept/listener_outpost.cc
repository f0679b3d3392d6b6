#include "listener_outpost.h"

#include <utility>

#include "../../loop/loop_internals.h"
#include "../connection_table.h"
#include "../listen_socket.h"

namespace sluice {

bool open_newcomer(ConnectionGroup& group, const ProtocolFactory& factory,
                   const ListenerOptions& options, Newcomer& newcomer) {
  ProtocolRef protocol = factory(newcomer.peer);
  if (!protocol) return false;
  prepare_newcomer(newcomer.socket.get(), newcomer.peer, options);
  const Wire wire(newcomer.socket.get());
  const bool is_open = group.table().open(group, newcomer.socket, wire, newcomer.peer,
                                          std::move(protocol)) != nullptr;
  if (!is_open) return false;
  if (newcomer.moved_to) return true;
  detail::count_up(group.counters.accepted);
  detail::count_up(LoopInternals::counters(group.loop()).accepted);
  return true;
}

void count_refused(ConnectionGroup& group, Refusal why, std::uint64_t newcomers) noexcept {
  detail::count_up(group.counters.refused, newcomers);
  detail::count_up(group.counters.refused_by[static_cast<std::size_t>(why)], newcomers);
  detail::count_up(LoopInternals::counters(group.loop()).refused, newcomers);
}

ListenerOutpost::ListenerOutpost(const Listener& listener, Loop& home, Loop& loop,
                                 std::size_t& handed, const ListenerOptions& options,
                                 ProtocolFactory factory, std::function<void(Newcomer gone)> gone)
    : home_(home),
      loop_(loop),
      options_(options),
      listener_(listener),
      handed_(handed),
      gone_at_home_(std::move(gone)),
      factory_(std::move(factory)) {}

void ListenerOutpost::send(Newcomer& newcomer) {
  Newcomers one;
  one.push_back({Fd(), newcomer.peer, newcomer.moved_to});
  const detail::MutexLock lock(mutex_);
  // One wake-up finds all that have come until then.
  if (!take_posted_) loop_.post([self = shared_from_this()] { self->take(); });
  take_posted_ = true;
  one.front().socket = std::move(newcomer.socket);
  waiting_.splice(waiting_.end(), one);
  ++open_;
  ++handed_;
  ++LoopInternals::handed_over(home_);
}

bool ListenerOutpost::is_full() const noexcept {
  const MemoryBudget* const memory = memory_.load(std::memory_order_acquire);
  return is_stalled() || (memory != nullptr && memory->is_passed());
}

bool ListenerOutpost::has_waiting() const {
  const detail::MutexLock lock(mutex_);
  return !waiting_.empty();
}

void ListenerOutpost::collect_missed() {
  {
    const detail::MutexLock lock(mutex_);
    if (collect_posted_ || gone_.empty()) return;
  }
  collect();
}

Newcomers ListenerOutpost::check() {
  Newcomers back;
  const detail::MutexLock lock(mutex_);
  const std::uint64_t takes = takes_.load();
  if (waiting_.empty()) {
    waited_at_.reset();
  } else if (waited_at_ == takes) {
    stalled_at_ = takes;
    waited_at_.reset();
    back.swap(waiting_);
    count_gone(back.size());
  } else {
    waited_at_ = takes;
  }
  return back;
}

void ListenerOutpost::count_gone(std::size_t count) noexcept {
  open_ -= count;
  handed_ -= count;
  LoopInternals::handed_over(home_) -= count;
}

void ListenerOutpost::add_counters(ListenerCounters& sum) const noexcept {
  const std::uint64_t failed = failed_.load(std::memory_order_relaxed);
  sum.refused += failed;
  sum.refused_by[static_cast<std::size_t>(Refusal::failed)] += failed;
  const ListenerCounters* const counters = counters_.load(std::memory_order_acquire);
  if (counters == nullptr) return;
  sum.accepted += detail::count_of(counters->accepted);
  sum.refused += detail::count_of(counters->refused);
  for (std::size_t i = 0; i < kRefusals; ++i) {
    sum.refused_by[i] += detail::count_of(counters->refused_by[i]);
  }
  sum.bytes_in += detail::count_of(counters->bytes_in);
  sum.bytes_out += detail::count_of(counters->bytes_out);
}

bool ListenerOutpost::post_to_loop(void (ListenerOutpost::*step)()) noexcept {
  return LoopInternals::contained(home_, "listener", [this, step] {
    loop_.post([self = shared_from_this(), step] { ((*self).*step)(); });
  });
}

// Without memory, the deadline ends it.
void ListenerOutpost::begin_drain() noexcept {
  if (open_ > 0) (void)post_to_loop(&ListenerOutpost::drain_group);
}

// The loop's drain calls it in each turn until the connections are gone.
void ListenerOutpost::end_drain() noexcept {
  if (open_ > 0 && !end_posted_) end_posted_ = post_to_loop(&ListenerOutpost::close_group);
}

// Newcomers that wait are closed: what their handler would be made from is about to be destroyed.
void ListenerOutpost::leave() noexcept {
  left_ = true;
  gone_at_home_ = nullptr;
  Newcomers dropped;
  {
    const detail::MutexLock lock(mutex_);
    dropped.swap(waiting_);
    count_gone(dropped.size());
  }
  // If the task does not run, the loop frees the group when it is destroyed.
  (void)post_to_loop(&ListenerOutpost::release);
}

void ListenerOutpost::collect() {
  Newcomers gone;
  {
    const detail::MutexLock lock(mutex_);
    gone.swap(gone_);
    collect_posted_ = false;
  }
  count_gone(gone.size());
  for (Newcomer& each : gone) {
    if (gone_at_home_) gone_at_home_(std::move(each));
  }
}

// One at a time: while a handler of one does not return, check() can take back the others. Those
// that come meanwhile have the next turn.
void ListenerOutpost::take() {
  std::size_t left = 0;
  {
    const detail::MutexLock lock(mutex_);
    left = waiting_.size();
  }
  for (;; --left) {
    Newcomers next;
    {
      const detail::MutexLock lock(mutex_);
      ++takes_;  // also if none waits: it is not stalled any more
      if (waiting_.empty()) {
        take_posted_ = false;
        return;
      }
      if (left == 0) {
        // Without memory for it, the next one's task finds them, or check() takes them back.
        take_posted_ = LoopInternals::contained(loop_, "listener", [this] {
          loop_.post([self = shared_from_this()] { self->take(); });
        });
        return;
      }
      next.splice(next.end(), waiting_, waiting_.begin());
    }
    take_one(next);
  }
}

void ListenerOutpost::take_one(Newcomers& from) {
  bool is_open = false;
  const bool returned = LoopInternals::guarded(loop_, "accept", [&] {
    if (left_ || drain_ == Drain::ended) return;
    if (group_ == nullptr) make_group();
    is_open = open_newcomer(*group_, factory_, options_, from.front());
  });
  if (is_open) {
    // It was sent before the drain began, and has waited for a handler that did not return.
    if (drain_ == Drain::begun) group_->table().begin_drain(*group_);
    return open_nodes_.splice(open_nodes_.end(), from, from.begin());
  }
  if (group_ != nullptr) {
    count_refused(*group_, returned ? Refusal::not_admitted : Refusal::failed);
  } else if (!left_) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    detail::count_up(LoopInternals::counters(loop_).refused);
  }
  from.front().socket.reset();
  pass_back(from);
}

void ListenerOutpost::make_group() {
  ConnectionGroup& group = ConnectionTable::of(loop_).make_group(options_.connection);
  try {
    group.on_gone = [self = shared_from_this()](const Connection& gone) { self->on_gone(gone); };
    group.on_moved = [self = shared_from_this()](Fd socket, const Connection& moved,
                                                 std::uint32_t loop) {
      self->on_moved(std::move(socket), moved, loop);
    };
    // Not before: when the listener knows that the last one is gone, what handlers use may go too.
    // What the factory owns goes with the group, in this thread.
    group.on_freed = [self = shared_from_this(), factory = factory_] {
      self->pass_back(self->ended_);
    };
  } catch (...) {
    group.table().release_when_gone(group);
    throw;
  }
  group.listener = &listener_;
  group_ = &group;
  counters_.store(&group.counters, std::memory_order_release);
  memory_.store(&group.table().memory(), std::memory_order_release);
}

void ListenerOutpost::on_gone(const Connection& connection) {
  if (options_.closed && !left_) options_.closed(connection);
  open_nodes_.front().peer = connection.socket_peer();
  ended_.splice(ended_.end(), open_nodes_, open_nodes_.begin());
}

void ListenerOutpost::on_moved(Fd socket, const Connection& connection, std::uint32_t loop) {
  open_nodes_.front() = {std::move(socket), connection.socket_peer(), loop};
  ended_.splice(ended_.end(), open_nodes_, open_nodes_.begin());
}

// The first one. Without memory for the task, the next one's finds both, or a drain's check does.
void ListenerOutpost::pass_back(Newcomers& from) noexcept {
  const detail::MutexLock lock(mutex_);
  gone_.splice(gone_.end(), from, from.begin());
  if (collect_posted_) return;
  collect_posted_ = LoopInternals::contained(
      loop_, "listener", [this] { home_.post([self = shared_from_this()] { self->collect(); }); });
}

void ListenerOutpost::drain_group() {
  if (drain_ == Drain::no) drain_ = Drain::begun;
  if (group_ != nullptr) group_->table().begin_drain(*group_);
}

// Once: who is taken later is refused.
void ListenerOutpost::close_group() {
  drain_ = Drain::ended;
  if (group_ != nullptr) group_->table().end_drain(*group_);
}

void ListenerOutpost::release() {
  if (group_ == nullptr) return;
  counters_ = nullptr;
  factory_ = nullptr;
  group_->listener = nullptr;
  group_->on_moved = nullptr;
  ConnectionGroup& group = *std::exchange(group_, nullptr);
  group.table().release_when_gone(group);
}

}  // namespace sluice
