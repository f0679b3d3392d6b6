// The buffers that the datagram sockets of a loop share: for the datagrams that are received, and
// for the headers of those that are sent.
//
// What it is: one set for each loop, because only one socket receives or sends at a time. It exists
// while the loop has datagram sockets.
// Memory: kSlotSize bytes of address space for each datagram of the largest batch. A page uses
// memory after a datagram has filled it.
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
  // The longest datagram, plus a cache line. Most datagrams fill only the first bytes of a slot;
  // with the extra line, the first bytes of different slots do not compete for the same cache
  // lines.
  static constexpr std::size_t kSlotSize = 64 * 1024 + 64;

  // A socket's share in the buffers of its loop. The last share frees them.
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

  // What to receive.
  struct Shape {
    std::size_t max_size = 0;
    bool destinations = false;
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  // Receives at most `batch` datagrams, which stay valid until the next call. Receives fewer if
  // there is no memory for a larger batch than all before.
  BatchResult receive(int fd, std::size_t batch, const Shape& shape) noexcept;
  // Until release(), the received datagrams do not move. REQUIRES: not held already.
  void hold() noexcept { held_ = true; }
  void release() noexcept { held_ = false; }

  // REQUIRES for these functions: `index` is that of a received datagram.
  [[nodiscard]] std::span<const std::byte> data(std::size_t index) const noexcept {
    return {slot(index), incoming_[index].msg_len};
  }
  [[nodiscard]] Address& from(std::size_t index) noexcept { return from_[index]; }
  [[nodiscard]] const msghdr& header(std::size_t index) const noexcept {
    return incoming_[index].msg_hdr;
  }

  // Sends at most `batch` datagrams from the front of `queue`, without removing them. REQUIRES: the
  // queue is not empty.
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
  std::size_t used_ = 0;  // the number of headers that the last receive() may have changed
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
