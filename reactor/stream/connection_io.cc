// Reading, and delivering the input to the handler, with what a handler does that overrides nothing
// but on_data(). Writing is in connection_write.cc, the states are in connection.cc.
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// The maximum number of reads for one event, to discard input.
constexpr int kDiscardsAtOnce = 16;
// The maximum number of reads for one event of a peer that fills the buffer each time. Reading a
// large flow in one go costs half as much as in pieces of 64 KiB with a wait between them: the
// window opens at once, and the peer sends in its own time instead of in the softirq of our
// acknowledgement.
constexpr int kFullReadsAtOnce = 4;
// What the first read takes at most, and each one after the handler was cut short or among many
// others: what it leaves is held until its next turn.
constexpr std::size_t kFirstRead = 64 * 1024;

}  // namespace

void Protocol::on_open(Connection& /*connection*/) {}
void Protocol::on_eof(Connection& connection) { connection.close(); }
void Protocol::on_hangup(Connection& /*connection*/) {}
void Protocol::on_writable(Connection& /*connection*/) {}
void Protocol::on_drain(Connection& /*connection*/) {}
void Protocol::on_close(Connection& /*connection*/, std::error_code /*reason*/) {}

inline ssize_t Connection::system_read(std::span<std::byte> into) {
  if (transport_ != nullptr) return transport_read(into);
  return ::recv(watcher_.fd(), into.data(), into.size(), 0);
}

std::span<std::byte> Connection::read_room() const noexcept {
  const std::span<std::byte> buffer = LoopInternals::read_buffer(group_->loop());
  const bool large = reads_large_ && !LoopInternals::budget(group_->loop()).is_crowded();
  const std::size_t most = large ? buffer.size() : kFirstRead;
  return buffer.first(std::min(most, group_->options().max_read));
}

bool Connection::may_continue() noexcept {
  if (state_ != State::open || paused()) return false;
  return LoopInternals::budget(group_->loop()).may_continue();
}

void Connection::keep_input(std::span<const std::byte> bytes) {
  input_.append(bytes);
  group_->table().grew(bytes.size());
}

// Delivers the unconsumed input, followed by `bytes`, as one span.
void Connection::deliver(std::span<const std::byte> bytes) {
  const bool buffered = !input_.empty();
  if (buffered) {
    keep_input(bytes);
    bytes = input_.bytes();
  }
  std::size_t consumed = 0;
  const bool returned =
      call("on_data", [this, bytes, &consumed] { consumed = protocol_->on_data(*this, bytes); });
  if (!returned) return;
  assert(consumed <= bytes.size());
  consumed = std::min(consumed, bytes.size());
  if (state_ == State::open) {
    if (buffered) {
      input_.consume(consumed);
    } else if (consumed < bytes.size()) {
      keep_input(bytes.subspan(consumed));
    }
    if (!input_.empty() && LoopInternals::budget(group_->loop()).is_over()) {
      // Its handler could have consumed more: that is no reason for a limit, and one read at most.
      postpone();
    } else if (input_.size() > group_->options().input_limit) {
      return finish(CloseReason::input_limit);
    }
    if (group_->messages_ != nullptr) follow_messages(consumed);
  }
  flush();
}

void Connection::postpone() {
  redeliver_ = true;
  reads_large_ = false;
  group_->table().postpone(*this);
  LoopInternals::budget(group_->loop()).cut();
}

void Connection::next_turn() noexcept {
  postponed_ = false;
  contain([this] {
    if (state_ == State::opening) return continue_opening();
    LoopInternals::budget(group_->loop()).begin_share();
    if (redeliver_) redeliver();
    if (transport_ != nullptr) after_transport();
  });
  if (draining_ == Draining::owes) check_owed();
}

// Returns how many bytes it read and delivered; 0 if there are no more for now.
std::size_t Connection::read_once(std::span<std::byte> room) {
  const ssize_t count = system_read(room);
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    note_read(size);
    deliver(room.first(size));
    return size;
  }
  read_nothing(count);
  return 0;
}

void Connection::read_nothing(ssize_t result) {
  if (result == 0) {
    peer_end();
  } else if (!try_again(errno)) {
    fail(errno);
  } else if (draining_ != Draining::no) {
    mark_ = 0;
  }
}

void Connection::read_ready() {
  TurnBudget& budget = LoopInternals::budget(group_->loop());
  budget.begin_share();
  for (int i = 0; may_read(); ++i) {
    // Level-triggered: what is not read now makes an event in the next turn.
    if (i == kFullReadsAtOnce || (i > 0 && !budget.may_continue())) return budget.cut();
    const std::span<std::byte> room = read_room();
    if (read_once(room) < room.size()) return;
    reads_large_ = !postponed_;
  }
}

void Connection::on_ready(int events) noexcept {
  contain([this, events] {
    if ((events & kRefused) != 0) return finish(CloseReason::system_error, ENOSPC);
    if (transport_ != nullptr) return transport_ready(events);
    if (state_ == State::lingering) return discard_input();
    if ((events & kWritable) != 0 && blocked_) {
      blocked_ = false;
      flush();
      update_interest();  // flush() found it not blocked, and left kWritable watched for
    }
    // Check again, because the callbacks of the write may have closed or paused the connection.
    if ((events & kReadable) != 0) read_ready();
  });
  if (draining_ == Draining::owes) check_owed();
}

void Connection::discard_input() {
  const std::span<std::byte> buffer = LoopInternals::read_buffer(group_->loop());
  TurnBudget& budget = LoopInternals::budget(group_->loop());
  budget.begin_share();
  for (int i = 0; i < kDiscardsAtOnce; ++i) {
    if (i > 0 && !budget.may_continue()) return budget.cut();
    const ssize_t count = system_read(buffer);
    if (count > 0) {
      const auto size = static_cast<std::size_t>(count);
      detail::count_up(group_->counters.bytes_in, size);
      detail::count_up(LoopInternals::counters(group_->loop()).bytes_in, size);
      bytes_in_ += size;
      continue;
    }
    if (count == 0) {
      peer_ended_ = true;
      // A transport may still have to write its end, for which the peer waits.
      if (shutdown_done_) finish(CloseReason::closed);
    } else if (!try_again(errno)) {
      fail(errno);
    }
    return;
  }
}

void Connection::redeliver() {
  redeliver_ = false;
  if (state_ != State::open || paused() || input_.empty()) return;
  touch();  // it was held back, and may go on now
  deliver({});
}

// A rate that holds a member's next line, for example, makes no silent member of it.
bool Connection::is_held_back() const noexcept {
  if (pauses_ == (over_budget_ ? 1 : 0) && !redeliver_) return false;
  return !input_.empty() || unread() > 0;
}

void Connection::peer_end() {
  peer_ended_ = true;
  end_message();
  update_interest();
  if (call("on_eof", [this] { protocol_->on_eof(*this); })) flush();
}

}  // namespace sluice
