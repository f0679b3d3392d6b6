#include "datagram_buffers.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "../loop/loop_internals.h"

namespace sluice {

DatagramBuffers::Share::Share(Loop& loop, std::size_t batch) {
  std::unique_ptr<LoopComponent>& kept = LoopInternals::datagrams(loop);
  if (kept == nullptr) kept = std::make_unique<DatagramBuffers>(loop);
  buffers_ = static_cast<DatagramBuffers*>(kept.get());
  ++buffers_->shares_;
  try {
    // A handler may create a socket while it reads a datagram, which must not move then.
    if (!buffers_->held_) buffers_->reserve(batch);
  } catch (...) {
    if (--buffers_->shares_ == 0) kept.reset();
    throw;
  }
}

DatagramBuffers::Share::~Share() {
  if (--buffers_->shares_ == 0) LoopInternals::datagrams(buffers_->loop()).reset();
}

void DatagramBuffers::reserve(std::size_t batch) {
  if (batch <= incoming_.size()) return;
  std::vector<BatchMessage> incoming(batch);
  std::vector<iovec> parts(batch);
  std::vector<Address> from(batch);
  std::vector<DatagramControl> control(batch);
  // make_unique() and a vector would write to every page of it.
  std::unique_ptr<std::byte[]> slots(new std::byte[batch * kSlotSize]);
  std::vector<BatchMessage> outgoing(batch);
  std::vector<iovec> outgoing_parts(batch);
  std::vector<DatagramControl> outgoing_control(batch);

  incoming_.swap(incoming);
  incoming_parts_.swap(parts);
  from_.swap(from);
  incoming_control_.swap(control);
  slots_.swap(slots);
  outgoing_.swap(outgoing);
  outgoing_parts_.swap(outgoing_parts);
  outgoing_control_.swap(outgoing_control);
  for (std::size_t i = 0; i < batch; ++i) {
    incoming_parts_[i].iov_base = slot(i);
    msghdr& header = incoming_[i].msg_hdr;
    header.msg_name = from_[i].data();
    header.msg_iov = &incoming_parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = incoming_control_[i].bytes.data();
  }
  reshape(shape_);
}

void DatagramBuffers::reshape(const Shape& shape) noexcept {
  shape_ = shape;
  for (iovec& part : incoming_parts_) part.iov_len = shape.max_size;
  used_ = incoming_.size();
}

BatchResult DatagramBuffers::receive(int fd, std::size_t batch, const Shape& shape) noexcept {
  assert(!held_ && shape.max_size <= kSlotSize);
  if (batch > incoming_.size()) {
    LoopInternals::guarded(loop(), "datagram buffers", [this, batch] { reserve(batch); });
    batch = std::min(batch, incoming_.size());
  }
  if (shape != shape_) reshape(shape);
  // The kernel has changed the headers that it used.
  for (std::size_t i = 0; i < used_; ++i) {
    msghdr& header = incoming_[i].msg_hdr;
    header.msg_namelen = Address::capacity();
    header.msg_controllen = shape.destinations ? sizeof(DatagramControl) : 0;
    header.msg_flags = 0;
  }
  const BatchResult result = receive_batch(fd, {incoming_.data(), batch});
  // A failed recvmsg() may have changed one more.
  used_ = std::min(result.done + 1, incoming_.size());
  for (std::size_t i = 0; i < result.done; ++i) {
    from_[i].set_size(incoming_[i].msg_hdr.msg_namelen);
  }
  return result;
}

BatchResult DatagramBuffers::send(int fd, std::size_t batch, const DatagramQueue& queue) noexcept {
  const std::size_t count = std::min({batch, queue.count(), outgoing_.size()});
  for (std::size_t i = 0; i < count; ++i) {
    const DatagramQueue::Waiting& waiting = queue.at(i);
    const std::span<const std::byte> bytes = queue.bytes_at(i);
    // sendmsg() only reads, but its structures have no const because recvmsg() shares them.
    outgoing_parts_[i] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr& header = outgoing_[i].msg_hdr;
    header.msg_name = waiting.to_size == 0 ? nullptr : const_cast<sockaddr*>(&waiting.to.base);
    header.msg_namelen = waiting.to_size;
    header.msg_iov = &outgoing_parts_[i];
    header.msg_iovlen = 1;
    write_source(waiting.from, outgoing_control_[i], header);
  }
  return send_batch(fd, {outgoing_.data(), count});
}

}  // namespace sluice
