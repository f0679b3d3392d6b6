// Writing. Reading is in connection_io.cc, the states are in connection.cc.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "../base/pipe.h"
#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// A block of at least this size that a handler sends is written without a copy. For smaller ones a
// copy costs less than a system call.
constexpr std::size_t kDirectWrite = 8 * 1024;
// The maximum number of writes for one event, so that other connections are served as well.
constexpr int kWritesAtOnce = 4;

}  // namespace

inline ssize_t Connection::system_write(const iovec& part) {
  if (transport_ != nullptr) return transport_write({&part, 1});
  return ::send(watcher_.fd(), part.iov_base, part.iov_len, MSG_NOSIGNAL);
}

ssize_t Connection::system_write(std::span<const iovec> parts) {
  if (parts.size() == 1) return system_write(parts[0]);
  if (transport_ != nullptr) return transport_write(parts);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return ::sendmsg(watcher_.fd(), &message, MSG_NOSIGNAL);
}

// Whether `size` more bytes may be sent. If so, the high-water mark is applied here and not when
// they are written. So a handler that sent more than that gets on_writable() also if the system
// accepts everything at once.
// `cost`: what the bytes count for the limit. Those of a file cost next to no memory.
inline bool Connection::accepts(std::size_t size, std::size_t cost) noexcept {
  if (state_ > State::open || shutdown_wanted_ || size == 0) return false;
  const std::size_t total = waiting() + size;
  if (total > group_->options().queue_limit && exceeds_limit(cost)) {
    overflow(size);
    return false;
  }
  if (total > group_->options().high_water) backpressure_ = true;
  if (!in_callback_) mark_dirty();
  return true;
}

void Connection::overflow(std::size_t size) noexcept {
  if (group_->options().overflow == OverflowPolicy::drop_newest) {
    detail::count_up(LoopInternals::counters(group_->loop()).dropped_bytes, size);
  } else {
    finish(CloseReason::queue_limit);
  }
}

OutputQueue& Connection::output(std::size_t size) {
  group_->table().grew(size);
  if (output_ == nullptr) {
    output_ = group_->table().output_pool().take();
    output_->stall.connection = this;
  }
  return *output_;
}

bool Connection::exceeds_limit(std::size_t cost) const noexcept {
  const std::size_t files = output_ == nullptr ? 0 : output_->size() - output_->cost();
  return waiting() - files + cost > group_->options().queue_limit;
}

inline void Connection::append(std::span<const std::byte> bytes) {
  if (in_callback_ && queue_is_empty() && !blocked_) {
    bytes = bytes.subspan(collect(bytes));
    if (state_ == State::closed) return;
  }
  if (!bytes.empty()) {
    queue_collected();
    output(bytes.size()).append(bytes);
  }
}

void Connection::send(std::span<const std::byte> bytes) {
  LoopInternals::assert_thread(group_->loop());
  // Contained, because the sender may be the handler of another connection, which must not be
  // closed for this.
  contain([this, bytes] {
    if (accepts(bytes.size(), bytes.size())) append(bytes);
  });
}

void Connection::send(std::span<const std::span<const std::byte>> parts) {
  LoopInternals::assert_thread(group_->loop());
  contain([this, parts] {
    std::size_t size = 0;
    for (const auto& part : parts) size += part.size();
    if (!accepts(size, size)) return;
    for (const auto& part : parts) {
      if (state_ != State::closed) append(part);
    }
  });
}

void Connection::send(const Payload& payload) {
  LoopInternals::assert_thread(group_->loop());
  contain([this, &payload] {
    const std::size_t cost = OutputQueue::cost_of(payload);
    if (!accepts(payload.size(), cost)) return;
    queue_collected();
    output(cost).append(payload);
  });
}

// Accepts bytes from a handler without giving the connection a queue: in the loop's write buffer,
// which is written when the handler returns, or by writing a large block at once. Returns how many
// bytes it accepted.
inline std::size_t Connection::collect(std::span<const std::byte> bytes) {
  // Write directly only once in a callback. Otherwise a handler that sends while the queue is short
  // would continue as long as its peer reads as fast as it sends.
  if (bytes.size() >= kDirectWrite && !collecting_ && !wrote_directly_) {
    wrote_directly_ = true;
    return write_directly(bytes);
  }
  if (!group_->table().write_buffer().append(this, bytes)) return 0;
  collecting_ = true;
  return bytes.size();
}

// Moves the collected bytes to the queue: the write buffer is full, or the system did not accept
// them.
void Connection::queue_collected() {
  if (!collecting_) return;
  collecting_ = false;
  const std::span<const std::byte> bytes = group_->table().write_buffer().take();
  output(bytes.size()).append(bytes);
}

// Records the result of a write. Returns false if nothing was written.
inline bool Connection::wrote(ssize_t result) {
  if (result < 0) {
    if (try_again(errno)) {
      blocked_ = true;
    } else {
      fail(errno);
    }
    return false;
  }
  const auto size = static_cast<std::size_t>(result);
  bytes_out_ += size;
  detail::count_up(group_->counters.bytes_out, size);
  detail::count_up(LoopInternals::counters(group_->loop()).bytes_out, size);
  touch();
  return true;
}

inline std::size_t Connection::write_directly(std::span<const std::byte> bytes) {
  const iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  const ssize_t result = system_write(part);
  if (!wrote(result)) return 0;
  const auto count = static_cast<std::size_t>(result);
  if (count < bytes.size()) blocked_ = true;
  return count;
}

inline void Connection::write_collected() {
  collecting_ = false;
  const std::span<const std::byte> bytes = group_->table().write_buffer().take();
  const std::size_t written = write_directly(bytes);
  if (written == bytes.size() || state_ == State::closed) return;
  output(bytes.size() - written).append(bytes.subspan(written));
}

// Writes pending output until the system accepts no more, and then does what waited for that.
void Connection::flush() {
  if (state_ != State::open && state_ != State::flushing) return;
  const bool steady = !blocked_ && !backpressure_;
  if (collecting_) write_collected();
  if (state_ == State::closed) return;
  // Nearly always the system accepts an answer as a whole, and nothing else is pending.
  if (!steady || blocked_ || output_ != nullptr) flush_queue(steady);
  if (shutdown_wanted_ && waiting() == 0 && state_ != State::closed) after_flush();
}

void Connection::flush_queue(bool steady) {
  if (blocked_ && waiting() == 0) return;  // only a transport's shutdown_write() waits
  if (!blocked_) write_queue();
  if (state_ == State::closed) return;
  if (waiting() > 0) {
    // The system accepts no more, or others must be served first; an event follows in both cases.
    blocked_ = true;
    if (!output_->stall.linked()) group_->stalled_.touch(output_->stall);
  } else {
    release_output();
    blocked_ = false;
  }
  check_marks();
  if (!steady || blocked_ || backpressure_) update_interest();
}

void Connection::write_queue() {
  std::array<iovec, OutputQueue::kMaxGather> parts;
  for (int i = 0; i < kWritesAtOnce && waiting() > 0 && !blocked_; ++i) {
    const std::size_t count = output_->gather(parts);
    std::size_t gathered = 0;
    for (std::size_t p = 0; p < count; ++p) gathered += parts[p].iov_len;
    ssize_t result = 0;
    if (count > 0) {
      result = system_write(std::span<const iovec>(parts.data(), count));
    } else if (output_->has_file_first()) {
      result = write_file(gathered);
    } else {
      gathered = output_->front_in_pipe();
      result = splice_to_socket(output_->pipe(), watcher_.fd(), gathered);
    }
    if (!wrote(result)) return;
    const auto written = static_cast<std::size_t>(result);
    output_->consume(written);
    if (written < gathered) blocked_ = true;
    if (output_->stall.linked()) group_->stalled_.touch(output_->stall);
  }
}

// The queue has no limit here: a relay stops reading the other connection above the high-water
// mark, so that it is passed by one read.
void Connection::forward(std::span<const std::byte> bytes) {
  if (state_ > State::open || shutdown_wanted_) return;
  const bool at_once = state_ == State::open && !in_callback_ && !blocked_;
  if (at_once && queue_is_empty()) {
    bytes = bytes.subspan(write_directly(bytes));
    if (state_ == State::closed) return;
    if (transport_ != nullptr) mark_dirty();  // it may have to read after a write
    if (bytes.empty()) return;
  }
  queue_collected();
  output(bytes.size()).append(bytes);
  if (waiting() > group_->options().high_water) backpressure_ = true;
  if (blocked_) {
    flush_queue(false);
  } else if (!in_callback_) {
    mark_dirty();
  }
}

void Connection::forward(const Pipe& pipe, std::size_t size) {
  const ssize_t result = splice_to_socket(pipe.read_end.get(), watcher_.fd(), size);
  if (wrote(result)) size -= static_cast<std::size_t>(result);
  if (size == 0 || state_ == State::closed) return;
  blocked_ = true;
  output(0).append_pipe(pipe.read_end.get(), size);
  flush_queue(false);
}

// Applies the high-water and low-water marks.
void Connection::check_marks() {
  if (!backpressure_) return;
  if (waiting() > group_->options().low_water()) {
    if (counted_pause_ || keep_reading_) return;
    counted_pause_ = true;
    detail::count_up(LoopInternals::counters(group_->loop()).paused);
    return;
  }
  backpressure_ = counted_pause_ = false;
  if (state_ != State::open) return;
  if (timed_ && !paused()) restart_message();
  if (!call("on_writable", [this] { protocol_->on_writable(*this); })) return;
  queue_collected();
  // What on_writable() sends is written at the end of the turn, not here. Otherwise a peer that
  // reads as fast as the handler writes would keep the loop in this connection.
  redeliver_ = !input_.empty();
  if (waiting() > 0 || redeliver_ || shutdown_wanted_) mark_dirty();
}

}  // namespace sluice
