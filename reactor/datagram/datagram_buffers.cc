#include "datagram_buffers.h"

#include <algorithm>
#include <utility>

#include "../loop/loop_internals.h"
#include "datagram_segments.h"

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
  std::vector<std::size_t> numbers(batch);
  outgoing_.swap(outgoing);
  outgoing_parts_.swap(parts);
  outgoing_control_.swap(control);
  outgoing_numbers_.swap(numbers);
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

DatagramBuffers::Sent DatagramBuffers::send(int fd, std::size_t batch, const DatagramQueue& queue,
                                            std::size_t max_segment) noexcept {
  const std::size_t most = std::min(batch, outgoing_.size());
  std::size_t count = 0;
  std::size_t next = 0;
  for (; count < most && next < queue.count(); ++count) {
    const DatagramQueue::Waiting& waiting = queue.at(next);
    const std::size_t number = queue.equal_from(next, max_segment);
    std::size_t size = waiting.size;
    for (std::size_t i = 1; i < number; ++i) size += queue.at(next + i).size;
    // sendmsg() only reads, but its structures have no const because recvmsg() shares them.
    outgoing_parts_[count] = {const_cast<std::byte*>(queue.bytes_at(next).data()), size};
    msghdr& header = outgoing_[count].msg_hdr;
    header.msg_name = waiting.to_size == 0 ? nullptr : const_cast<sockaddr*>(&waiting.to.base);
    header.msg_namelen = waiting.to_size;
    header.msg_iov = &outgoing_parts_[count];
    header.msg_iovlen = 1;
    write_source(waiting.from, outgoing_control_[count], header);
    if (number > 1) write_segment(waiting.size, outgoing_control_[count], header);
    outgoing_numbers_[count] = number;
    next += number;
  }
  const BatchResult result = send_batch(fd, {outgoing_.data(), count});
  Sent sent{0, result.error, 0};
  for (std::size_t i = 0; i < result.done; ++i) sent.done += outgoing_numbers_[i];
  if (result.error != 0 && outgoing_numbers_[result.done] > 1) {
    sent.segment = queue.at(sent.done).size;
  }
  return sent;
}

}  // namespace sluice
