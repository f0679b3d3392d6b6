// Datagrams that wait to be sent, in order, each with its addresses.
//
// What it is: a queue in two blocks of memory, which it reuses, so that a datagram needs no
// allocation. It does not know the socket.
// Limits: queued() never exceeds the limit of the constructor.
// Thread: one at a time. Errors: push() may throw std::bad_alloc, and then changes nothing.
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
  // This is added to the size of each datagram, so that the limit applies to empty datagrams too.
  static constexpr std::size_t kOverhead = 64;
  // When the queue is empty, a block that is larger than this is freed.
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  struct Waiting {
    union {
      sockaddr base;
      sockaddr_in v4;
      sockaddr_in6 v6;
    } to;
    std::uint32_t to_size;  // 0: to the socket's peer
    DatagramSource from;
    std::uint32_t position;  // in all bytes that were ever queued, modulo 2^32
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

  // has_room_for(): a datagram of `size` bytes fits now. could_hold(): it fits into an empty queue.
  [[nodiscard]] bool has_room_for(std::size_t size) const noexcept;
  [[nodiscard]] bool could_hold(std::size_t size) const noexcept;

  // If `to` is null, to the socket's peer. REQUIRES: has_room_for(data.size()); `to` is IPv4 or
  // IPv6.
  void push(std::span<const std::byte> data, const Address* to, const DatagramSource& from);
  // Removes `number` datagrams from the front. REQUIRES: there are as many.
  void pop(std::size_t number) noexcept;
  void clear() noexcept { pop(count()); }

  // The datagram at `index` from the front. Valid until push() or pop().
  [[nodiscard]] const Waiting& at(std::size_t index) const noexcept {
    return waiting_[head_ + index];
  }
  [[nodiscard]] std::span<const std::byte> bytes_at(std::size_t index) const noexcept;
  // How many datagrams from `index` on may go as one message: they have the same size, at most
  // `max_size`, and the same addresses, and only the last is shorter. Their bytes are contiguous.
  // At least 1.
  [[nodiscard]] std::size_t equal_from(std::size_t index, std::size_t max_size) const noexcept;
  // The destination of the first datagram. An IPv4-mapped address is unmapped.
  [[nodiscard]] Address front_to() const;

 private:
  void close_gaps() noexcept;

  std::size_t limit_;
  std::vector<Waiting> waiting_;
  std::size_t head_ = 0;  // the index of the first one; those before it have been removed
  std::vector<std::byte> bytes_;
  std::size_t bytes_head_ = 0;
  std::uint32_t base_ = 0;  // the position of bytes_[0]
};

static_assert(sizeof(DatagramQueue::Waiting) <= DatagramQueue::kOverhead);

}  // namespace sluice

#endif
