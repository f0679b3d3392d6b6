// The buffers that the datagram sockets of one loop share: where a batch is received, and the
// headers of a batch that is sent.
//
// What it is: one set a loop, since only one socket receives or sends at a time. The loop keeps it
// while there are datagram sockets.
// Memory: kSlotSize bytes of address space for each datagram of the largest batch; a page of it is
// resident once a datagram has reached it.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_BUFFERS_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_BUFFERS_H

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "../base/address.h"
#include "../loop/loop.h"
#include "../loop/loop_component.h"
#include "datagram_batch.h"
#include "datagram_destination.h"
#include "datagram_queue.h"

namespace sluice {

class DatagramBuffers final : public LoopComponent {
 public:
  // The longest datagram, and a cache line so that the slots' first bytes, which are all that most
  // datagrams fill, do not compete for the same few lines of the cache.
  static constexpr std::size_t kSlotSize = 64 * 1024 + 64;

  // A socket's share in its loop's buffers; the last to go takes them along.
  class Share {
   public:
    // Throws std::bad_alloc.
    Share(Loop& loop, std::size_t batch);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();
    DatagramBuffers* operator->() const noexcept { return buffers_; }

   private:
    DatagramBuffers* buffers_;
  };

  explicit DatagramBuffers(Loop& loop) : LoopComponent(loop) {}

  // How a socket receives.
  struct Shape {
    std::size_t max_size = 0;
    bool destinations = false;
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  // Receives at most `batch` datagrams, which stay until the next call. Fewer when a larger batch
  // than all before finds no memory.
  BatchResult receive(int fd, std::size_t batch, const Shape& shape) noexcept;
  // While it is held, what was received does not move. REQUIRES: not held by another.
  void hold() noexcept { held_ = true; }
  void release() noexcept { held_ = false; }

  // REQUIRES below: `index` is one of those received.
  [[nodiscard]] std::span<const std::byte> data(std::size_t index) const noexcept {
    return {slot(index), incoming_[index].msg_len};
  }
  [[nodiscard]] Address& from(std::size_t index) noexcept { return from_[index]; }
  [[nodiscard]] const msghdr& header(std::size_t index) const noexcept {
    return incoming_[index].msg_hdr;
  }

  // Sends at most `batch` datagrams from the front of `queue`, and leaves them there.
  // REQUIRES: it is not empty.
  BatchResult send(int fd, std::size_t batch, const DatagramQueue& queue) noexcept;

 private:
  void reserve(std::size_t batch);
  void reshape(const Shape& shape) noexcept;
  [[nodiscard]] std::byte* slot(std::size_t index) const noexcept {
    return slots_.get() + index * kSlotSize;
  }

  std::size_t shares_ = 0;
  bool held_ = false;

  Shape shape_;
  std::size_t used_ = 0;  // headers that the last receive() has written to
  std::vector<BatchMessage> incoming_;
  std::vector<iovec> incoming_parts_;
  std::vector<Address> from_;
  std::vector<DatagramControl> incoming_control_;
  std::unique_ptr<std::byte[]> slots_;

  std::vector<BatchMessage> outgoing_;
  std::vector<iovec> outgoing_parts_;
  std::vector<DatagramControl> outgoing_control_;
};

}  // namespace sluice

#endif
