// Datagrams that wait to be sent, in order, with where each goes.
//
// What it is: a queue in two blocks of memory that are used again, so that a datagram costs no
// allocation. It knows no socket.
// Bound: what queued() counts never passes the limit that the constructor was given.
// Thread: none of its own. Errors: push() may throw std::bad_alloc, and then changed nothing.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_QUEUE_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_QUEUE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../base/address.h"
#include "datagram_destination.h"

namespace sluice {

class DatagramQueue {
 public:
  // What a datagram counts beside its bytes, so that empty ones are bounded too.
  static constexpr std::size_t kOverhead = 64;
  // The block of bytes, and that of datagrams, is given back above this when the queue is empty.
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  struct Waiting {
    union {
      sockaddr base;
      sockaddr_in v4;
      sockaddr_in6 v6;
    } to;
    std::uint32_t to_size;  // 0: to the socket's peer
    DatagramSource from;
    std::uint32_t position;  // among all the bytes that were ever queued, modulo 2^32
    std::uint32_t size;
  };

  // REQUIRES: at most 1 GiB.
  explicit DatagramQueue(std::size_t limit) noexcept : limit_(limit) {}

  [[nodiscard]] bool empty() const noexcept { return head_ == waiting_.size(); }
  [[nodiscard]] std::size_t count() const noexcept { return waiting_.size() - head_; }
  [[nodiscard]] std::size_t queued() const noexcept {
    return bytes_.size() - bytes_head_ + count() * kOverhead;
  }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  // Whether a datagram of `size` bytes has room, now or once the queue is empty.
  [[nodiscard]] bool has_room_for(std::size_t size) const noexcept;
  [[nodiscard]] bool could_hold(std::size_t size) const noexcept;

  // `to` null: to the socket's peer. REQUIRES: has_room_for(data.size()); `to` is of IPv4 or IPv6.
  void push(std::span<const std::byte> data, const Address* to, const DatagramSource& from);
  // Takes `number` away from the front. REQUIRES: as many are there.
  void pop(std::size_t number) noexcept;
  void clear() noexcept { pop(count()); }

  // The datagram `index` places behind the first. Valid until push() or pop().
  [[nodiscard]] const Waiting& at(std::size_t index) const noexcept {
    return waiting_[head_ + index];
  }
  [[nodiscard]] std::span<const std::byte> bytes_at(std::size_t index) const noexcept;
  // Where the first one goes; an IPv4 address that was mapped is told unmapped.
  [[nodiscard]] Address front_to() const;

 private:
  void close_gaps() noexcept;

  std::size_t limit_;
  std::vector<Waiting> waiting_;
  std::size_t head_ = 0;  // what is before it has gone
  std::vector<std::byte> bytes_;
  std::size_t bytes_head_ = 0;
  std::uint32_t base_ = 0;  // the position of bytes_[0]
};

static_assert(sizeof(DatagramQueue::Waiting) <= DatagramQueue::kOverhead);

}  // namespace sluice

#endif
