// How a drain handles a connection: it delivers the input that had arrived, and then closes. This
// may take many turns, if the handler is paused or its peer reads slowly. And the passes that the
// table makes over all connections that are drained.
#include <sys/ioctl.h>

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// The maximum number of reads in the first turn of a drain; later turns read the rest.
constexpr int kDrainReadsAtOnce = 16;
// For input in memory or in the buffers of a transport, whose size is unknown until a read finds
// nothing.
constexpr std::uint32_t kUnknown = UINT32_MAX;

}  // namespace

void Connection::begin_draining() noexcept {
  end_message();
  draining_ = Draining::in_pass;
  mark_ = kUnknown;
  if (state_ != State::open) return;
  if (!call("on_drain", [this] { protocol_->on_drain(*this); })) return;
  contain([this] {
    flush();
    LoopInternals::budget(group_->loop()).begin_share();
    for (int i = 0; i < kDrainReadsAtOnce && !postponed_; ++i) {
      if (redeliver_) {
        redeliver();
      } else if (!may_read() || read_once(read_room()) == 0) {
        break;
      }
    }
    if (transport_ != nullptr) after_transport();
  });
  // If the reads have not reached the end of the input, ask the socket how much is left. A peer
  // that continues to send must not prolong the drain.
  if (mark_ == 0 || watcher_.fd() < 0) return;
  const bool buffered = transport_ != nullptr && transport_->pending();
  mark_ = static_cast<std::uint32_t>(
      std::min<std::size_t>(unread() + (buffered ? Loop::kReadBufferSize : 0), kUnknown));
}

// Reads once more, because the end of the stream may be next.
void Connection::read_last() noexcept {
  draining_ = Draining::in_pass;
  contain([this] {
    LoopInternals::budget(group_->loop()).begin_unlimited();
    if (may_read() && unread() == 0) (void)read_once(read_room());
    if (transport_ != nullptr) after_transport();
  });
  mark_ = 0;
}

// Whether the handler has not been given all the input that had arrived when the drain began. Input
// that it leaves unconsumed without a pause is the beginning of an incomplete message.
bool Connection::owes() const noexcept {
  if (state_ != State::open) return false;
  return holds_or_error_ > 0 || (mark_ > 0 && !peer_ended_) ||
         (!input_.empty() && (paused() || redeliver_));
}

// Whether the next turn brings more of what it owes. False if it waits: for its handler, or for an
// event that may never come.
bool Connection::hands_over() const noexcept {
  return owes() && !paused() && (postponed_ || unread() > 0);
}

void Connection::hold() noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (state_ == State::closed) return;
  assert(holds_or_error_ < kMaxHolds);
  ++holds_or_error_;
}

void Connection::unhold() noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (state_ == State::closed) return;
  assert(holds_or_error_ > 0 && "one unhold() for each hold()");
  if (--holds_or_error_ == 0 && draining_ == Draining::owes) mark_dirty();
}

void Connection::check_owed() noexcept {
  // In memory there is no event, and no number of unread bytes.
  if (watcher_.fd() < 0) {
    contain([this] {
      while (mark_ > 0 && may_read() && read_once(read_room()) > 0) {
      }
    });
  }
  if (owes()) return;
  draining_ = Draining::ready;
  if (state_ == State::open) group_->table().begin_pass();
}

// The number of bytes in the kernel's receive queue.
std::size_t Connection::unread() const noexcept {
  if (watcher_.fd() < 0 || state_ != State::open || peer_ended_) return 0;
  int bytes = 0;
  if (::ioctl(watcher_.fd(), FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

// --- The passes of the table ---

void ConnectionTable::begin_drain() {
  all_wait_ = true;
  begin_pass();
}

void ConnectionTable::begin_drain(ConnectionGroup& group) noexcept {
  group.drain_ = ConnectionGroup::Drain::waits;
  begin_pass();
}

void ConnectionTable::begin_pass() noexcept {
  if (drain_step_ != DrainStep::none) return;
  // Not here: this may be inside a callback, and the last bytes may go to other handlers.
  drain_step_ = DrainStep::read;
  request_end_of_turn();
}

void ConnectionTable::read_in_pass() noexcept {
  using Drain = ConnectionGroup::Drain;
  using Draining = Connection::Draining;
  const bool all = std::exchange(all_wait_, false);
  for (const auto& group : groups_) {
    if (group->drain_ == Drain::waits) group->drain_ = Drain::in_pass;
  }
  each([all](Connection& connection) {
    if (connection.draining_ == Draining::ready) return connection.read_last();
    if (connection.draining_ != Draining::no) return;
    if (all || connection.group_->root().drain_ == Drain::in_pass) connection.begin_draining();
  });
}

void ConnectionTable::pass_on() {
  // Without memory for the task, continue as if it had run. What handlers have deferred is too late
  // then, but the drain must not stop here.
  drain_step_ = DrainStep::pass_on;
  request_end_of_turn();
  // After the tasks that the handlers have deferred.
  loop().defer([this] {
    drain_step_ = DrainStep::pass_on;
    request_end_of_turn();
  });
  drain_step_ = DrainStep::defer;
}

// Notes which connections owe. Returns whether one of them hands over more in the next turn.
bool ConnectionTable::note_owing() noexcept {
  using Draining = Connection::Draining;
  bool is_one = false;
  each([&is_one](Connection& connection) {
    if (connection.draining_ == Draining::in_pass && connection.owes()) {
      connection.draining_ = Draining::owes;
    }
    is_one = is_one || (connection.draining_ == Draining::owes && connection.hands_over());
  });
  return is_one;
}

void ConnectionTable::close_in_pass() noexcept {
  using Drain = ConnectionGroup::Drain;
  using Draining = Connection::Draining;
  // What it hands over may be for others, which therefore stay.
  if (note_owing()) {
    drain_step_ = DrainStep::wait;
    return request_next_turn();
  }
  bool more = all_wait_;
  each([&more](Connection& connection) {
    more = more || connection.draining_ == Draining::ready;
    if (connection.draining_ == Draining::in_pass) connection.close();
  });
  for (const auto& group : groups_) {
    if (group->drain_ == Drain::in_pass) group->drain_ = Drain::none;
    more = more || group->drain_ == Drain::waits;
  }
  drain_step_ = DrainStep::none;
  if (more) begin_pass();
}

void ConnectionTable::drain_step() {
  switch (drain_step_) {
    case DrainStep::none:
      return;
    case DrainStep::read:
      read_in_pass();
      return pass_on();
    case DrainStep::defer:
    case DrainStep::wait:
      return;  // an end of turn that was requested for something else
    case DrainStep::pass_on:
      drain_step_ = DrainStep::close;
      request_end_of_turn();
      return;
    case DrainStep::close:
      close_in_pass();
      return;
  }
}

void ConnectionTable::end_drain() {
  closing_ = open_ > 0;
  each([](Connection& connection) { connection.finish(CloseReason::drain_deadline); });
}

void ConnectionTable::end_drain(ConnectionGroup& group) noexcept {
  if (group.open_ == 0) return;
  each([&group](Connection& connection) {
    if (&connection.group_->root() == &group) connection.finish(CloseReason::drain_deadline);
  });
}

}  // namespace sluice
