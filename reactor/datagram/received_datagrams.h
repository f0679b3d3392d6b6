// A batch of datagrams that one system call has received, and the memory that they lie in.
//
// Memory: kSlotSize bytes of address space for each datagram. A page uses memory after a datagram
// has filled it.
// Lifetime: the loop's sockets take it from DatagramBuffers and give it back. Thread: the loop's.
// Errors: the constructor throws std::bad_alloc.
#ifndef SLUICE_REACTOR_DATAGRAM_RECEIVED_DATAGRAMS_H
#define SLUICE_REACTOR_DATAGRAM_RECEIVED_DATAGRAMS_H

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "../base/address.h"
#include "datagram_batch.h"
#include "datagram_destination.h"

namespace sluice {

class ReceivedDatagrams {
 public:
  // The longest datagram, plus a cache line. Most datagrams fill only the first bytes of a slot;
  // with the extra line, the first bytes of different slots do not compete for the same cache
  // lines.
  static constexpr std::size_t kSlotSize = 64 * 1024 + 64;

  // How a socket receives.
  struct Shape {
    std::size_t max_size = 0;  // REQUIRES: at most kSlotSize
    bool destinations = false;
    bool joined = false;  // the kernel joins datagrams; REQUIRES: max_size holds the longest
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  // Room for `size` datagrams. REQUIRES: size > 0.
  explicit ReceivedDatagrams(std::size_t size);
  [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }

  // Receives at most `count` datagrams, and no more than there is room for, in place of what was
  // there.
  BatchResult receive(int fd, std::size_t count, const Shape& shape) noexcept;

  // The datagrams of the last receive(), of which a message may hold several.
  [[nodiscard]] std::size_t datagrams() const noexcept { return datagrams_; }

  // REQUIRES below: `index` is one of the messages received.
  // The size of the datagrams in the message, of which the last may be shorter; 0 if it is one.
  [[nodiscard]] std::size_t segment(std::size_t index) const noexcept { return segments_[index]; }
  [[nodiscard]] std::span<const std::byte> data(std::size_t index) const noexcept {
    return {slot(index), messages_[index].msg_len};
  }
  [[nodiscard]] Address& from(std::size_t index) noexcept { return from_[index]; }
  [[nodiscard]] const msghdr& header(std::size_t index) const noexcept {
    return messages_[index].msg_hdr;
  }

 private:
  void reshape(const Shape& shape) noexcept;
  [[nodiscard]] std::byte* slot(std::size_t index) const noexcept {
    return slots_.get() + index * kSlotSize;
  }

  Shape shape_;
  std::size_t used_ = 0;  // headers that the last receive() has written to
  std::vector<BatchMessage> messages_;
  std::vector<iovec> parts_;
  std::vector<Address> from_;
  std::vector<DatagramControl> control_;
  std::vector<std::size_t> segments_;
  std::size_t datagrams_ = 0;
  std::unique_ptr<std::byte[]> slots_;
};

}  // namespace sluice

#endif
