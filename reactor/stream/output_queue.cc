#include "output_queue.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace sluice {

OutputQueue::Chunk& OutputQueue::open_chunk() {
  if (open_ == nullptr) {
    // make_unique() would clear sixteen kilobytes that are about to be written.
    open_ = spare_ != nullptr ? std::move(spare_) : std::unique_ptr<Chunk>(new Chunk);
    filled_ = 0;
  }
  return *open_;
}

bool OutputQueue::ends_in_open_chunk() const noexcept {
  if (first_ == pieces_.size()) return false;
  // Comparing addresses is not enough: another block may end where this chunk begins.
  const Piece& last = pieces_.back();
  return last.payload.empty() && last.chunk == nullptr && last.data != nullptr;
}

std::size_t OutputQueue::memory() const noexcept {
  std::size_t memory = pieces_.capacity() * sizeof(Piece);
  if (open_ != nullptr) memory += kChunkSize;
  if (spare_ != nullptr) memory += kChunkSize;
  for (std::size_t i = first_; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    if (piece.chunk != nullptr) memory += kChunkSize;
    if (piece.payload.is_file()) memory += std::min(piece.size, kFileCost);
    if (!piece.payload.bytes().empty()) memory += piece.payload.size() / piece.payload.use_count();
  }
  return memory;
}

void OutputQueue::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::byte* const to = open_chunk().bytes + filled_;
    const bool joins = ends_in_open_chunk();
    if (!joins) pieces_.push_back({.payload = {}, .chunk = nullptr, .data = to, .size = 0});
    const std::size_t count = std::min(bytes.size(), kChunkSize - filled_);
    std::memcpy(to, bytes.data(), count);
    pieces_.back().size += count;
    size_ += count;
    filled_ += count;
    if (filled_ == kChunkSize) pieces_.back().chunk = std::move(open_);
    bytes = bytes.subspan(count);
  }
}

std::size_t OutputQueue::cost_of(const Payload& payload) noexcept {
  return payload.is_file() ? std::min(payload.size(), kFileCost) : payload.size();
}

OutputQueue::InFile OutputQueue::front_in_file() const noexcept {
  const Piece& front = pieces_[first_];
  const Payload::FilePart part = front.payload.file_part();
  return {part.file, part.offset + (front.payload.size() - front.size), front.size};
}

bool OutputQueue::has_file() const noexcept {
  return std::any_of(pieces_.begin() + static_cast<std::ptrdiff_t>(first_), pieces_.end(),
                     [](const Piece& piece) { return piece.payload.is_file(); });
}

void OutputQueue::append(Payload payload, std::size_t from) {
  if (payload.is_file()) {
    if (from >= payload.size()) return;
    const std::size_t left = payload.size() - from;
    pieces_.push_back(
        {.payload = std::move(payload), .chunk = nullptr, .data = nullptr, .size = left});
    size_ += left;
    file_discount_ += left - std::min(left, kFileCost);
    return;
  }
  const std::span<const std::byte> bytes = payload.bytes();
  if (from >= bytes.size()) return;
  pieces_.push_back({.payload = std::move(payload),
                     .chunk = nullptr,
                     .data = bytes.data() + from,
                     .size = bytes.size() - from});
  size_ += bytes.size() - from;
}

void OutputQueue::append_pipe(int read_end, std::size_t size) {
  if (size == 0) return;
  pieces_.push_back({.payload = {}, .chunk = nullptr, .data = nullptr, .size = size});
  pipe_ = read_end;
  size_ += size;
}

std::size_t OutputQueue::gather(std::span<iovec> into) const noexcept {
  std::size_t count = 0;
  for (std::size_t i = first_; i < pieces_.size() && count < into.size(); ++i, ++count) {
    const Piece& piece = pieces_[i];
    if (piece.data == nullptr) break;
    // iovec has no const form; sendmsg() does not write through it.
    into[count] = {.iov_base = const_cast<std::byte*>(piece.data), .iov_len = piece.size};
  }
  return count;
}

void OutputQueue::pop_front() noexcept {
  Piece& front = pieces_[first_];
  if (front.chunk != nullptr) spare_ = std::move(front.chunk);
  front.payload = {};
  if (++first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
    filled_ = 0;
  } else if (first_ * 2 >= pieces_.size() && first_ >= kMaxGather) {
    // Half of the vector has been written: move the rest to the front, so that it does not grow
    // forever.
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutputQueue::consume(std::size_t count) noexcept {
  assert(count <= size_);
  size_ -= count;
  while (count > 0) {
    Piece& front = pieces_[first_];
    const std::size_t taken = std::min(count, front.size);
    if (front.data != nullptr) front.data += taken;
    const std::size_t before = front.size;
    front.size -= taken;
    if (front.payload.is_file()) {
      file_discount_ -=
          (before - std::min(before, kFileCost)) - (front.size - std::min(front.size, kFileCost));
    }
    count -= taken;
    if (front.size == 0) pop_front();
  }
}

std::vector<std::byte> OutputQueue::copy() const {
  std::vector<std::byte> bytes;
  bytes.reserve(size_);
  for (std::size_t i = first_; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    bytes.insert(bytes.end(), piece.data, piece.data + piece.size);
  }
  return bytes;
}

void OutputQueue::clear() noexcept {
  pieces_.clear();
  if (pieces_.capacity() > kMaxGather) pieces_ = std::vector<Piece>();
  first_ = 0;
  size_ = 0;
  file_discount_ = 0;
  filled_ = 0;
  if (open_ != nullptr) spare_.reset();
}

void OutputQueue::clear_to_minimum() noexcept {
  clear();
  if (pieces_.capacity() > kMinPieces) pieces_ = std::vector<Piece>();
  open_.reset();
  spare_.reset();
}

std::unique_ptr<OutputQueue> OutputPool::take() {
  if (free_.empty()) return std::make_unique<OutputQueue>();
  std::unique_ptr<OutputQueue> queue = std::move(free_.back());
  free_.pop_back();
  return queue;
}

void OutputPool::give(std::unique_ptr<OutputQueue> queue) noexcept {
  queue->stall.unlink();
  // The last queues are used first. The first ones have the chunks, which stay with them while few
  // queues are in use.
  free_.size() < kKept ? queue->clear() : queue->clear_to_minimum();
  if (free_.size() == kKept + kKeptSmall) return;
  try {
    free_.push_back(std::move(queue));
  } catch (const std::bad_alloc&) {  // `queue` has not been moved then, and is freed
  }
}

}  // namespace sluice
