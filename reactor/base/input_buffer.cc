#include "input_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <new>

namespace sluice {

void InputBuffer::Free::operator()(Block* block) const noexcept { ::operator delete(block); }

std::span<const std::byte> InputBuffer::bytes() const noexcept {
  if (block_ == nullptr) return {};
  return {data(block_.get()) + block_->begin, block_->end - block_->begin};
}

void InputBuffer::make_room(std::size_t count) {
  constexpr std::size_t kSmallest = 256;
  const std::size_t held = size();
  if (block_ != nullptr && block_->capacity - block_->end >= count) return;
  // Moving the bytes down is only worth its copy when that frees at least as much as it moves; so
  // each byte is moved a bounded number of times, and the cost stays linear.
  if (block_ != nullptr && block_->capacity - held >= count && block_->begin >= held) {
    std::memmove(data(block_.get()), data(block_.get()) + block_->begin, held);
    block_->begin = 0;
    block_->end = held;
    return;
  }
  const std::size_t capacity = std::max(kSmallest, std::max(held + count, held * 2));
  std::unique_ptr<Block, Free> bigger(new (::operator new(sizeof(Block) + capacity))
                                          Block{.begin = 0, .end = held, .capacity = capacity});
  if (held > 0) std::memcpy(data(bigger.get()), data(block_.get()) + block_->begin, held);
  block_ = std::move(bigger);
}

void InputBuffer::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  // A part of what is held moves along with the rest when room is made. std::less orders pointers
  // into different objects too.
  const std::span<const std::byte> held = this->bytes();
  const std::less<> before;
  const bool own =
      !before(bytes.data(), held.data()) && before(bytes.data(), held.data() + held.size());
  const std::size_t place = own ? static_cast<std::size_t>(bytes.data() - held.data()) : 0;
  make_room(bytes.size());
  std::byte* const first = data(block_.get());
  std::memcpy(first + block_->end, own ? first + block_->begin + place : bytes.data(),
              bytes.size());
  block_->end += bytes.size();
}

void InputBuffer::consume(std::size_t count) noexcept {
  assert(count <= size());
  if (block_ == nullptr) return;
  block_->begin += count;
  if (block_->begin == block_->end) block_.reset();
}

}  // namespace sluice
