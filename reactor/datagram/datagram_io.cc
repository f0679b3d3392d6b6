// The second half of a datagram socket: receiving, sending, and calling its handler.
#include <cassert>
#include <cerrno>
#include <chrono>
#include <utility>

#include "../base/try_again.h"
#include "../loop/loop_internals.h"
#include "datagram_impl.h"
#include "datagram_segments.h"

namespace sluice {

namespace {

// The maximum number of full batches in one turn, so that a flood on one socket does not starve
// others.
constexpr int kReceiveRounds = 4;
// The pause before the next try, if the system could not watch the socket, or there was no memory
// to receive.
constexpr std::chrono::milliseconds kWatchAgain{100};

std::error_code error_of(int error) noexcept { return {error, std::generic_category()}; }

}  // namespace

template <class Callback>
void DatagramSocket::Impl::call(std::string_view where, Callback&& callback) noexcept {
  ++calls_;
  LoopInternals::guarded(loop(), where, callback);
  --calls_;
}

void DatagramSocket::Impl::on_ready(int events) noexcept {
  if ((events & kRefused) != 0) return refused();
  if ((events & kWritable) != 0) {
    blocked_ = false;
    flush();
  }
  if ((events & kReadable) != 0) receive();
}

void DatagramSocket::Impl::receive() noexcept {
  TurnBudget& budget = LoopInternals::budget(loop());
  budget.begin_share();
  // What waits for the next turn comes first; the system keeps the rest until then.
  for (int round = 0; batch_ == nullptr && !closed() && !draining_; ++round) {
    if (round == kReceiveRounds || (round > 0 && !budget.may_continue())) return budget.cut();
    if (!receive_batch() || !deliver_batch()) return;
  }
}

bool DatagramSocket::Impl::receive_batch() noexcept {
  batch_ = buffers_->take(options_.batch);
  if (batch_ == nullptr) {
    watch_later();
    return false;
  }
  received_ = batch_->receive(socket_.fd.get(), options_.batch,
                              {options_.max_size, socket_.destinations, joins_});
  delivered_ = offset_ = 0;
  detail::count_up(LoopInternals::counters(loop()).datagrams_in, batch_->datagrams());
  counters_.received += batch_->datagrams();
  return true;
}

bool DatagramSocket::Impl::deliver_batch() noexcept {
  TurnBudget& budget = LoopInternals::budget(loop());
  bool over = false;
  receiving_ = true;
  while (delivered_ < received_.done && !closed() && !over) {
    deliver_next();
    over = delivered_ < received_.done && !budget.may_continue();
  }
  receiving_ = false;
  if (over && !closed()) {
    budget.cut();
    request_next_turn();
    flush();
    return false;
  }
  buffers_->give_back(std::move(batch_));
  flush();
  if (closed()) return false;
  if (received_.error != 0) {
    if (try_again(received_.error)) return false;
    // On a connected socket an error concerns the peer: ICMP reports that an earlier datagram
    // failed.
    call("on_error",
         [this] { handler_.on_error(*face_, error_of(received_.error), socket_.peer); });
    return true;
  }
  // After a smaller batch probably no more is waiting; another call would only confirm that.
  return received_.done == options_.batch;
}

void DatagramSocket::Impl::next_turn() {
  LoopInternals::budget(loop()).begin_share();
  if (batch_ != nullptr) (void)deliver_batch();
}

void DatagramSocket::Impl::deliver_next() noexcept {
  const std::size_t index = delivered_;
  Address& from = batch_->from(index);
  const msghdr& header = batch_->header(index);
  std::span<const std::byte> data = batch_->data(index).subspan(offset_);
  if (offset_ == 0) {
    if (socket_.dual) from = from.unmapped();
    if (socket_.destinations) {
      read_destination(header, socket_.local.address().port(), destination_);
    }
  }
  if (const std::size_t segment = batch_->segment(index); segment != 0 && segment < data.size()) {
    data = data.first(segment);
    offset_ += segment;
  } else {
    offset_ = 0;
    ++delivered_;
  }
  counters_.bytes_in += data.size();
  const Datagram datagram{.data = data,
                          .from = from,
                          .to = destination_.to,
                          .interface = destination_.interface,
                          .truncated = (header.msg_flags & MSG_TRUNC) != 0,
                          .unicast = destination_.unicast};
  call("on_datagram", [this, &datagram] { handler_.on_datagram(*face_, datagram); });
}

bool DatagramSocket::Impl::reply(const Datagram& datagram, std::span<const std::byte> data) {
  if (connected()) return send(data, nullptr, DatagramSource());
  // A socket that is bound to one address sends from that address anyway.
  if (!socket_.wildcard || !datagram.unicast) return send(data, &datagram.from, DatagramSource());
  const bool map = socket_.family == AF_INET6;
  return send(data, &datagram.from, DatagramSource::of(map ? mapped(datagram.to) : datagram.to));
}

DatagramSource DatagramSocket::Impl::source_on(unsigned interface, int family) const noexcept {
  // If an interface is given, the kernel uses this source address, even on a bound socket.
  const Address& local = socket_.local.address();
  const bool any = socket_.wildcard || local.is_multicast();
  const Address from = any ? Address::any(family, 0) : local;
  DatagramSource source = DatagramSource::of(socket_.family == AF_INET6 ? mapped(from) : from);
  source.interface = interface;
  return source;
}

bool DatagramSocket::Impl::send(std::span<const std::byte> data, const Address* to,
                                const DatagramSource& from) {
  if (closed() || !make_room(data.size())) return false;
  if (to != nullptr && to->family() == AF_INET && socket_.family == AF_INET6) {
    const Address as_v6 = mapped(*to);
    queue_.push(data, &as_v6, from);
  } else {
    queue_.push(data, to, from);
  }
  // This needs no more system calls than at the end of the turn, and the bytes are still cached.
  if (queue_.count() >= options_.batch && !blocked_ && !failure_) transmit();
  ask_for_flush();
  return true;
}

bool DatagramSocket::Impl::make_room(std::size_t size) noexcept {
  if (queue_.has_room_for(size)) return true;
  was_full_ = true;
  if (options_.overflow == DatagramOverflow::drop_newest || !queue_.could_hold(size)) {
    count_dropped(1);
    return false;
  }
  while (!queue_.has_room_for(size)) {
    queue_.pop(1);
    count_dropped(1);
  }
  return true;
}

// A queue that is fuller is sent at the end of the turn, or when the system accepts more, and
// notify_writable() follows.
bool DatagramSocket::Impl::has_room() noexcept {
  if (is_half_empty()) return true;
  was_full_ = true;
  return false;
}

void DatagramSocket::Impl::count_dropped(std::uint64_t datagrams) noexcept {
  counters_.dropped += datagrams;
  detail::count_up(LoopInternals::counters(loop()).datagrams_dropped, datagrams);
}

// Sends at most `count` messages, and counts what has gone.
DatagramBuffers::Sent DatagramSocket::Impl::send_some(std::size_t count,
                                                      std::size_t segment) noexcept {
  const auto result = buffers_->send(socket_.fd.get(), count, queue_, segment);
  const std::size_t before = queue_.queued();
  queue_.pop(result.done);
  counters_.bytes_out += before - queue_.queued() - result.done * DatagramOptions::kOverhead;
  counters_.sent += result.done;
  detail::count_up(LoopInternals::counters(loop()).datagrams_out, result.done);
  return result;
}

// Sends until the queue is empty, the system accepts no more, or a datagram fails.
void DatagramSocket::Impl::transmit() noexcept {
  while (!queue_.empty()) {
    auto result = send_some(options_.batch, max_segment_);
    if (result.error != 0 && result.segment != 0 && refuses_cut(result.error)) {
      // The device cannot, or only smaller ones; or the destination is at fault, which shows when
      // the first one goes alone. Those that go one by one may go in fragments.
      const auto alone = send_some(1, 0);
      if (alone.done == 1) max_segment_ = result.error == EIO ? 0 : result.segment - 1;
      result = alone;
    }
    if (result.error == 0 || result.error == EINTR) continue;
    if (would_block(result.error)) {
      blocked_ = true;
    } else {
      // This may also be a pending ICMP error, which the call returns instead of sending.
      failure_ = Failure{result.error, connected() ? socket_.peer : queue_.front_to()};
      queue_.pop(1);
      count_dropped(1);
    }
    break;
  }
  update_watcher();
}

void DatagramSocket::Impl::flush() noexcept {
  if (closed()) return;
  // A handler that sends again after each failure must not keep the loop here.
  for (std::size_t left = queue_.count() + 1; left > 0; --left) {
    if (!failure_ && !blocked_ && !queue_.empty()) transmit();
    if (!failure_) break;
    deliver_failure();
    if (closed()) return;
  }
  notify_writable();
  if (!closed()) LoopInternals::guarded(loop(), "datagram flush", [this] { ask_for_flush(); });
}

void DatagramSocket::Impl::deliver_failure() noexcept {
  const Failure failure = *std::exchange(failure_, std::nullopt);
  call("on_error",
       [this, &failure] { handler_.on_error(*face_, error_of(failure.error), failure.to); });
}

void DatagramSocket::Impl::notify_writable() noexcept {
  if (!was_full_ || !is_half_empty()) return;
  was_full_ = false;
  call("on_writable", [this] { handler_.on_writable(*face_); });
}

void DatagramSocket::Impl::ask_for_flush() {
  const bool writable = was_full_ && is_half_empty();
  const bool sendable = !queue_.empty() && !blocked_;
  if (!receiving_ && (sendable || failure_ || writable)) request_end_of_turn();
}

// Not at once: while the system refuses, the loop would do nothing else.
void DatagramSocket::Impl::watch_later() noexcept {
  watcher_.stop(loop().native());
  if (!LoopInternals::guarded(loop(), "datagram", [this] { watch_again_.start(kWatchAgain); }))
    update_watcher();
}

void DatagramSocket::Impl::refused() noexcept {
  watch_later();
  call("on_error", [this] { handler_.on_error(*face_, error_of(ENOSPC), Address()); });
}

void DatagramSocket::Impl::update_watcher() noexcept {
  if (closed()) return;
  const int events = (draining_ ? 0 : kReadable) | (blocked_ ? kWritable : 0);
  watcher_.watch(loop().native(), events);
}

}  // namespace sluice
