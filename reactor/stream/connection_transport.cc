// How a connection uses a transport: the handshake, the event that each direction waits for, bytes
// without an event, and an end that takes time. The plain path is in connection_io.cc and
// connection_write.cc.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "../base/pipe.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// The event that `result` waits for; 0 if none.
int wanted_by(const IoResult& result) noexcept {
  if (result.status == IoResult::Status::want_read) return kReadable;
  return result.status == IoResult::Status::want_write ? kWritable : 0;
}

// How much of a file one write moves at most: in the kernel, and through memory on the stack.
constexpr std::size_t kFileWrite = 1024 * 1024;
constexpr std::size_t kFileRead = 16 * 1024;

}  // namespace

Address Connection::peer() const {
  if (transport_ != nullptr) {
    if (const auto known = transport_->peer()) return *known;
  }
  return socket_peer();
}

void Connection::continue_opening() {
  if (postponed_) return;
  TurnBudget& budget = LoopInternals::budget(group_->loop());
  if (!budget.has_room_for_step()) {
    budget.cut();
    return group_->table().postpone(*this);
  }
  IoResult result;
  budget.take_step([&] { result = transport_->open(); });
  if (const int event = wanted_by(result)) {
    transport_->read_wants_ = event;
    return update_interest();
  }
  if (!result.is_done()) {
    transport_->failure_ = result.error;
    return finish(CloseReason::open_failed);
  }
  transport_->read_wants_ = kReadable;
  state_ = State::open;
  IdleList::Node::unlink();  // without an idle timeout, touch() would leave it in the list
  group_->idle_.touch(*this);
  opened_now();
  after_transport();
}

// As in on_idle(), events that are ready now count. But this is the last step of the handshake:
// otherwise a peer that always has one more byte ready could stay forever.
void Connection::on_open_timeout(IdleList::Node& node) {
  auto& connection = static_cast<Connection&>(node);
  if (connection.is_ready(kReadable | kWritable)) {
    connection.contain([&connection] { connection.continue_opening(); });
  }
  if (connection.state_ == State::opening) connection.finish(CloseReason::open_timeout);
}

void Connection::transport_ready(int events) {
  if (state_ == State::opening) return continue_opening();
  if (blocked_ && (events & transport_->write_wants_) != 0) retry_write();
  // Check again, because the callbacks of the write may have closed or paused the connection.
  if ((events & transport_->read_wants_) != 0) transport_->must_read_ = wants_input();
  after_transport();
}

void Connection::retry_write() {
  blocked_ = false;
  state_ == State::lingering ? after_flush() : flush();
}

// Call it after anything that may have read or written. Reads what can be read, and updates the
// events.
void Connection::after_transport() {
  if (state_ == State::opening) return;
  if (transport_->must_read_ && !postponed_) {
    transport_->must_read_ = false;
    if (state_ == State::lingering) {
      if (wants_input()) discard_input();
    } else {
      read_ready();
    }
  }
  // The read may have taken bytes that a write waits for; then there will be no event for them.
  const bool may_write = transport_->read_since_write_ && transport_->write_wants_ == kReadable;
  if (blocked_ && may_write && state_ != State::closed) retry_write();
  update_interest();
}

// If read() can return something without an event, it is called at the end of the turn, or in the
// next turn if this one has read enough. A read that waits for a writable wire is always repeated
// after the event.
void Connection::note_pending() noexcept {
  if (transport_->must_read_ || !wants_input() || transport_->read_wants_ != kReadable) return;
  if (!transport_->pending()) return;
  transport_->must_read_ = true;
  const bool later = LoopInternals::budget(group_->loop()).is_over();
  later ? group_->table().postpone(*this) : mark_dirty();
}

// Returns false while the transport has not written its end.
bool Connection::shutdown_transport() {
  if (blocked_) return false;
  transport_->read_since_write_ = false;
  const IoResult result = transport_->shutdown_write();
  if (const int event = wanted_by(result)) {
    blocked_ = true;
    transport_->write_wants_ = event;
    // A deadline, as for everything that waits for the peer: linger_timeout after close(), else
    // write_timeout, whose list contains the queues.
    if (state_ == State::flushing) {
      linger();
    } else if (state_ == State::open && !output(0).stall.linked()) {
      group_->stalled_.touch(output_->stall);
    }
    update_interest();
    return false;
  }
  transport_->write_wants_ = kWritable;
  release_output();
  // A peer that has closed accepts nothing more, and everything has been written.
  if (result.is_done() || peer_ended_) return true;
  fail(failed_with(result.error));
  return false;
}

int Connection::failed_with(std::error_code error) noexcept {
  transport_->failure_ = error;
  return error.category() == std::generic_category() ? error.value() : EPROTO;
}

// These two return values and errno like the system calls, so that the code after them is the same.
ssize_t Connection::transport_read(std::span<std::byte> into) {
  const IoResult result = transport_->read(into);
  transport_->read_since_write_ = true;
  const int event = wanted_by(result);
  transport_->read_wants_ = event == 0 ? kReadable : event;
  if (result.is_done()) return static_cast<ssize_t>(result.bytes);
  if (result.status == IoResult::Status::end) return 0;
  errno = event != 0 ? EAGAIN : failed_with(result.error);
  return -1;
}

ssize_t Connection::transport_write(std::span<const iovec> parts) {
  transport_->read_since_write_ = false;
  const IoResult result = transport_->write(parts);
  const int event = wanted_by(result);
  transport_->write_wants_ = event == 0 ? kWritable : event;
  if (result.is_done()) return static_cast<ssize_t>(result.bytes);
  errno = event != 0 ? EAGAIN : failed_with(result.error);
  return -1;
}

// Writes a part of the file that is first, by sendfile(2) if nothing is between the file and the
// socket. Sets `size` to what it tried to write.
ssize_t Connection::write_file(std::size_t& size) {
  const OutputQueue::InFile part = output_->front_in_file();
  size = std::min(part.size, kFileWrite);
  if (transport_ == nullptr) {
    const ssize_t result = send_file(watcher_.fd(), part.fd, part.offset, size);
    if (result > 0 || (result < 0 && errno != EINVAL)) return result;
  }
  // Not the loop's buffers: a handler may be using what is in them.
  std::array<std::byte, kFileRead> bytes;
  const ssize_t count =
      ::pread(part.fd, bytes.data(), std::min(size, bytes.size()), static_cast<off_t>(part.offset));
  if (count == 0) errno = EIO;  // the file has become shorter
  if (count <= 0) return -1;
  size = static_cast<std::size_t>(count);
  const iovec part_of_it{.iov_base = bytes.data(), .iov_len = size};
  return system_write({&part_of_it, 1});
}

}  // namespace sluice
