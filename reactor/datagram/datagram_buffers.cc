#include "datagram_buffers.h"

#include <algorithm>
#include <utility>

#include "../loop/loop_internals.h"

namespace sluice {

DatagramBuffers::Share::Share(Loop& loop, std::size_t batch) {
  std::unique_ptr<LoopComponent>& kept = LoopInternals::datagrams(loop);
  if (kept == nullptr) kept = std::make_unique<DatagramBuffers>(loop);
  buffers_ = static_cast<DatagramBuffers*>(kept.get());
  ++buffers_->shares_;
  try {
    buffers_->reserve(batch);
  } catch (...) {
    if (--buffers_->shares_ == 0) kept.reset();
    throw;
  }
}

DatagramBuffers::Share::~Share() {
  if (--buffers_->shares_ == 0) LoopInternals::datagrams(buffers_->loop()).reset();
}

void DatagramBuffers::reserve(std::size_t batch) {
  if (incoming_ == nullptr || incoming_->size() < batch) {
    incoming_ = std::make_unique<ReceivedDatagrams>(batch);
  }
  if (batch <= outgoing_.size()) return;
  std::vector<BatchMessage> outgoing(batch);
  std::vector<iovec> parts(batch);
  std::vector<DatagramControl> control(batch);
  outgoing_.swap(outgoing);
  outgoing_parts_.swap(parts);
  outgoing_control_.swap(control);
}

std::unique_ptr<ReceivedDatagrams> DatagramBuffers::take(std::size_t size) noexcept {
  if (incoming_ == nullptr || incoming_->size() < size) {
    // Fewer when a larger batch than all before finds no memory.
    LoopInternals::guarded(loop(), "datagram buffers", [this, size] { reserve(size); });
  }
  return std::move(incoming_);
}

void DatagramBuffers::give_back(std::unique_ptr<ReceivedDatagrams> batch) noexcept {
  if (incoming_ == nullptr || incoming_->size() < batch->size()) incoming_ = std::move(batch);
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
