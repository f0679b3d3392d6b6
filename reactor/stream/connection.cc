// The states of a connection: how it opens and closes. Reading is in connection_io.cc, writing in
// connection_write.cc.
#include "connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "../base/fd.h"
#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

// The size of an idle connection, without the kernel's part. Increase it only for a good reason.
static_assert(sizeof(void*) != 8 || sizeof(Connection) <= 152);
static_assert(kCloseReasons <= 64);  // reason_ has six bits

Connection::Connection(ConnectionGroup& group, std::uint32_t slot,
                       std::uint32_t generation) noexcept
    : group_(&group), slot_(slot), generation_(generation) {}

Connection::~Connection() { close_descriptor(); }

Loop& Connection::loop() const noexcept { return group_->loop(); }

const ConnectionOptions& Connection::options() const noexcept { return group_->options(); }

std::size_t Connection::queued() const noexcept { return waiting(); }

Address Connection::local() const noexcept {
  if (watcher_.fd() < 0) return {};
  try {
    return Address::local_of(watcher_.fd());
  } catch (const std::system_error&) {
    return {};
  }
}

void Connection::attach(int fd, std::unique_ptr<Transport> transport, const Address& peer,
                        ProtocolRef protocol) {
  peer_ = CompactAddress(peer);
  keep_reading_ = group_->options().keep_reading;
  peer_ended_ = group_->write_only;
  if (transport != nullptr) {
    state_ = State::opening;
    group_->opening_.touch(*this);
  } else {
    group_->idle_.touch(*this);
  }
  // Last, because nothing can throw from here on: now this object closes the descriptor.
  protocol_ = std::move(protocol);
  transport_ = std::move(transport);
  watcher_.bind<&Connection::on_ready>(this, fd);
}

void Connection::begin() noexcept {
  contain([this] { transport_ != nullptr ? continue_opening() : opened_now(); });
}

void Connection::opened_now() {
  opened_ = true;
  await_first_message();
  if (!call("on_open", [this] { protocol_->on_open(*this); })) return;
  update_interest();
  if (!backpressure_) return flush();
  // Not flush(): that may call on_writable(), and adopt() may run in another connection's callback.
  queue_collected();
  mark_dirty();
}

int Connection::interest() const noexcept {
  const int to_read = transport_ == nullptr ? kReadable : transport_->read_wants_;
  const int to_write = transport_ == nullptr ? kWritable : transport_->write_wants_;
  if (state_ == State::opening) return to_read;
  if (state_ == State::closed) return 0;
  const bool reads = state_ == State::lingering || (state_ == State::open && !paused());
  return (reads && !peer_ended_ ? to_read : 0) | (blocked_ ? to_write : 0);
}

void Connection::update_interest() noexcept {
  if (watcher_.fd() >= 0) watcher_.watch(group_->loop().native(), interest());
  if (transport_ != nullptr) note_pending();
}

void Connection::pause() noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (pauses_ <= kMaxPauses) ++pauses_;
  if (pauses_ == 1) update_interest();
}

void Connection::resume() noexcept {
  LoopInternals::assert_thread(group_->loop());
  assert(pauses_ > 0);
  if (pauses_ > kMaxPauses || --pauses_ != 0 || state_ != State::open) return;
  if (timed_) restart_message();
  if (draining_ == Draining::owes) mark_dirty();
  update_interest();
  // Inside on_data() nothing is delivered again: that would never end.
  if (input_.empty() || in_callback_) return;
  redeliver_ = true;
  mark_dirty();
}

void Connection::shutdown() {
  LoopInternals::assert_thread(group_->loop());
  if (state_ > State::open || shutdown_wanted_) return;
  shutdown_wanted_ = true;
  if (!in_callback_) mark_dirty();
}

void Connection::close() noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (state_ == State::opening) {
    return finish(waiting() > 0 ? CloseReason::aborted : CloseReason::closed);
  }
  if (state_ != State::open) return;
  state_ = State::flushing;
  shutdown_wanted_ = true;
  end_message();
  if (!in_callback_) input_.clear();
  update_interest();
  if (!in_callback_) mark_dirty();
}

void Connection::abort() noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (state_ != State::closed) finish(CloseReason::aborted);
}

// The queue has been sent: do what waited for that.
void Connection::after_flush() {
  if (shutdown_wanted_ && !shutdown_done_) {
    if (transport_ != nullptr) {
      if (!shutdown_transport()) return;
    } else if (!peer_ended_) {  // otherwise closing has the same effect, and saves a system call
      // ENOTCONN: the peer has reset the connection, which the next read reports.
      if (::shutdown(watcher_.fd(), SHUT_WR) != 0 && errno != ENOTCONN) return fail(errno);
    }
    shutdown_done_ = true;
  }
  if (!shutdown_done_) return;
  if (peer_ended_) {
    finish(CloseReason::peer_closed);
  } else if (state_ == State::flushing) {
    linger();
  }
}

// The peer has been sent everything and an end. If we closed now and it sent more, that would cause
// a reset, which destroys bytes that the peer has not read yet. So read until the peer's end.
void Connection::linger() {
  if (group_->options().linger_timeout.count() == 0) return finish(CloseReason::closed);
  state_ = State::lingering;
  group_->lingering_.touch(*this);
  update_interest();
}

void Connection::fail(int error) noexcept {
  const bool own = transport_ != nullptr && transport_->failure_ &&
                   transport_->failure_.category() != std::generic_category();
  // A peer that has been sent everything and the end may close without an end of its own: there is
  // nobody left to miss what it might have sent.
  if (own && state_ == State::lingering && shutdown_done_) return finish(CloseReason::closed);
  if (own) return finish(CloseReason::transport_error, error);
  // Peers go away all the time: an operator who looks for failures must not find those.
  const bool reset = error == ECONNRESET || error == EPIPE;
  finish(reset ? CloseReason::peer_reset : CloseReason::system_error, error);
}

void Connection::finish(CloseReason reason, int error) noexcept {
  if (state_ == State::closed) return;
  reset_ = waiting() > 0 || reason == CloseReason::aborted || reason == CloseReason::input_limit ||
           reason == CloseReason::queue_limit || reason == CloseReason::handler_threw;
  if (reason == CloseReason::drain_deadline) {
    const std::size_t cut = unread() + input_.size();
    detail::count_up(LoopInternals::counters(group_->loop()).cut_bytes, waiting() + cut);
    reset_ = reset_ || cut > 0;
  }
  timed_ = false;
  if (watches_hangup_) end_hangup_watch();
  state_ = State::closed;
  reason_ = reason;
  holds_or_error_ = static_cast<std::uint16_t>(error);
  update_interest();
  IdleList::Node::unlink();
  if (!in_callback_) input_.clear();
  if (collecting_) (void)group_->table().write_buffer().take();
  collecting_ = false;
  release_output();
  mark_dirty();
}

void Connection::release_output() noexcept {
  if (output_ != nullptr) group_->table().output_pool().give(std::move(output_));
}

void Connection::mark_dirty() noexcept {
  if (dirty_) return;
  dirty_ = true;
  group_->table().mark_dirty(*this);
}

bool Connection::end_of_turn() noexcept {
  dirty_ = false;
  if (state_ == State::closed) return true;
  contain([this] {
    if (redeliver_ && !postponed_) {
      LoopInternals::budget(group_->loop()).begin_share();
      redeliver();
    }
    flush();
    if (transport_ != nullptr) after_transport();
  });
  if (draining_ == Draining::owes) check_owed();
  if (timed_ && by_traffic_ && !paused() && is_overdue()) finish(CloseReason::message_timeout);
  return false;  // closed just now and marked again: on_close() runs in the next round
}

void Connection::notify_closed() noexcept {
  dirty_ = true;  // on_close() cannot mark it again
  std::error_code code;
  if (reason_ == CloseReason::system_error || reason_ == CloseReason::peer_reset) {
    code = std::error_code(holds_or_error_, std::generic_category());
  } else if (reason_ == CloseReason::open_failed || reason_ == CloseReason::transport_error) {
    code = transport_->failure_ ? transport_->failure_ : make_error_code(reason_);
  } else {
    code = make_error_code(reason_);
  }
  LoopInternals::guarded(group_->loop(), "on_close",
                         [this, code] { protocol_->on_close(*this, code); });
}

void Connection::close_descriptor() noexcept {
  transport_.reset();
  const int fd = watcher_.fd();
  if (fd < 0) return;
  if (reset_) reset_on_close(fd);
  ::close(fd);
}

// If a loop was stopped (SIGSTOP, a laptop's lid, an overloaded machine), its timers are due before
// it has seen what its peers did meanwhile. Events that are ready now count as activity.
bool Connection::is_ready(int events) const noexcept {
  const int watched = watcher_.events() & events;
  if (watched == 0) return false;
  int wanted = (watched & kReadable) != 0 ? POLLIN : 0;
  if ((watched & kWritable) != 0) wanted |= POLLOUT;
  pollfd now{.fd = watcher_.fd(), .events = static_cast<short>(wanted), .revents = 0};
  return ::poll(&now, 1, 0) == 1;
}

void Connection::on_idle(IdleList::Node& node) {
  auto& connection = static_cast<Connection&>(node);
  if (connection.is_ready(kReadable | kWritable) || connection.is_held_back()) {
    return connection.group_->idle_.touch(connection);
  }
  connection.finish(CloseReason::idle_timeout);
}

void Connection::on_lingered(IdleList::Node& node) {
  static_cast<Connection&>(node).finish(CloseReason::closed);
}

void Connection::on_stalled(IdleList::Node& node) {
  auto& stall = static_cast<OutputQueue::StallNode&>(node);
  Connection& connection = *static_cast<Connection*>(stall.connection);
  const Transport* transport = connection.transport();
  const int wanted = transport == nullptr ? kWritable : transport->write_wants_;
  if (connection.is_ready(wanted)) return connection.group_->stalled_.touch(stall);
  connection.finish(CloseReason::write_timeout);
}

}  // namespace sluice
