#include "datagram_queue.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "datagram_segments.h"

namespace sluice {

namespace {

template <class T>
void forget(std::vector<T>& block) noexcept {
  if (block.capacity() * sizeof(T) > DatagramQueue::kKeptBytes) {
    std::vector<T>().swap(block);
  } else {
    block.clear();
  }
}

template <class T>
void drop_front(std::vector<T>& block, std::size_t& head) noexcept {
  block.erase(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(head));
  head = 0;
}

}  // namespace

bool DatagramQueue::could_hold(std::size_t size) const noexcept {
  return limit_ >= kOverhead && size <= limit_ - kOverhead;
}

bool DatagramQueue::has_room_for(std::size_t size) const noexcept {
  return could_hold(size) && queued() <= limit_ - kOverhead - size;
}

void DatagramQueue::push(std::span<const std::byte> data, const Address* to,
                         const DatagramSource& from) {
  assert(has_room_for(data.size()));
  close_gaps();
  Waiting& added = waiting_.emplace_back();
  try {
    bytes_.insert(bytes_.end(), data.begin(), data.end());
  } catch (...) {
    waiting_.pop_back();
    throw;
  }
  added.to_size = 0;
  if (to != nullptr) {
    assert(to->size() <= sizeof added.to);
    std::memcpy(&added.to, to->data(), to->size());
    added.to_size = to->size();
  }
  added.from = from;
  added.size = static_cast<std::uint32_t>(data.size());
  added.position = base_ + static_cast<std::uint32_t>(bytes_.size() - data.size());
}

// When at least half has been removed, the rest moves to the front. So the moves cost no more than
// the removals.
void DatagramQueue::close_gaps() noexcept {
  if (head_ > 0 && head_ >= count()) drop_front(waiting_, head_);
  if (bytes_head_ > 0 && bytes_head_ >= bytes_.size() - bytes_head_) {
    base_ += static_cast<std::uint32_t>(bytes_head_);
    drop_front(bytes_, bytes_head_);
  }
}

void DatagramQueue::pop(std::size_t number) noexcept {
  assert(number <= count());
  for (std::size_t i = 0; i < number; ++i) bytes_head_ += at(i).size;
  head_ += number;
  if (!empty()) return;
  base_ += static_cast<std::uint32_t>(bytes_.size());
  bytes_head_ = head_ = 0;
  forget(waiting_);
  forget(bytes_);
}

std::span<const std::byte> DatagramQueue::bytes_at(std::size_t index) const noexcept {
  const Waiting& waiting = at(index);
  return {bytes_.data() + (waiting.position - base_), waiting.size};
}

std::size_t DatagramQueue::equal_from(std::size_t index, std::size_t max_size) const noexcept {
  const Waiting& first = at(index);
  if (first.size == 0 || first.size > max_size) return 1;
  const std::size_t most = std::min(count() - index, kMaxSegments);
  std::size_t number = 1;
  std::size_t bytes = first.size;
  while (number < most) {
    const Waiting& next = at(index + number);
    bytes += next.size;
    if (next.size == 0 || next.size > first.size || bytes > kMaxSegmentBytes) break;
    if (next.to_size != first.to_size || next.from != first.from) break;
    if (std::memcmp(&next.to, &first.to, first.to_size) != 0) break;
    ++number;
    if (next.size < first.size) break;
  }
  return number;
}

Address DatagramQueue::front_to() const {
  const Waiting& first = at(0);
  return Address(&first.to.base, first.to_size).unmapped();
}

}  // namespace sluice
