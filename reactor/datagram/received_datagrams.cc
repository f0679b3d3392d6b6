#include "received_datagrams.h"

#include <algorithm>
#include <cassert>

#include "datagram_segments.h"

namespace sluice {

ReceivedDatagrams::ReceivedDatagrams(std::size_t size)
    : messages_(size),
      parts_(size),
      from_(size),
      control_(size),
      segments_(size),
      // Not make_unique, nor a vector: they would touch every page of it.
      slots_(new std::byte[size * kSlotSize]) {
  for (std::size_t i = 0; i < size; ++i) {
    parts_[i].iov_base = slot(i);
    msghdr& header = messages_[i].msg_hdr;
    header.msg_name = from_[i].data();
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = control_[i].bytes.data();
  }
  reshape(shape_);
}

void ReceivedDatagrams::reshape(const Shape& shape) noexcept {
  shape_ = shape;
  for (iovec& part : parts_) part.iov_len = shape.max_size;
  used_ = messages_.size();
}

BatchResult ReceivedDatagrams::receive(int fd, std::size_t count, const Shape& shape) noexcept {
  assert(shape.max_size <= kSlotSize);
  if (shape != shape_) reshape(shape);
  // The kernel has written to as many headers as it received.
  for (std::size_t i = 0; i < used_; ++i) {
    msghdr& header = messages_[i].msg_hdr;
    header.msg_namelen = Address::capacity();
    header.msg_controllen = shape.destinations || shape.joined ? sizeof(DatagramControl) : 0;
    header.msg_flags = 0;
  }
  const BatchResult result = receive_batch(fd, {messages_.data(), std::min(count, size())});
  // A failed recvmsg() may have written to one more.
  used_ = std::min(result.done + 1, size());
  datagrams_ = result.done;
  for (std::size_t i = 0; i < result.done; ++i) {
    const msghdr& header = messages_[i].msg_hdr;
    from_[i].set_size(header.msg_namelen);
    segments_[i] = shape.joined && header.msg_controllen > 0 ? read_segment(header) : 0;
    const std::size_t length = messages_[i].msg_len;
    if (segments_[i] != 0 && length > 0) datagrams_ += (length - 1) / segments_[i];
  }
  return result;
}

}  // namespace sluice
