// The bytes that a handler has received and not consumed yet.
//
//   |-- consumed --|-- bytes() --|-- free --|
//   0          begin_          end_    capacity
//
// What it is: a contiguous byte queue, so that a handler always sees one span. An empty one
// holds no memory.
// Lifetime: bytes() is valid until the next append() or consume().
// Thread: one. Errors: append() may throw std::bad_alloc and then changes nothing.
// Cost: linear in the bytes that pass through, however small the pieces.
#ifndef SLUICE_REACTOR_BASE_INPUT_BUFFER_H
#define SLUICE_REACTOR_BASE_INPUT_BUFFER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "export.h"

namespace sluice {

class SLUICE_EXPORT InputBuffer {
 public:
  InputBuffer() noexcept = default;
  InputBuffer(InputBuffer&&) noexcept = default;
  InputBuffer& operator=(InputBuffer&&) noexcept = default;

  [[nodiscard]] bool empty() const noexcept { return block_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept {
    return block_ == nullptr ? 0 : block_->end - block_->begin;
  }
  // The memory that it holds, in bytes.
  [[nodiscard]] std::size_t memory() const noexcept {
    return block_ == nullptr ? 0 : sizeof(Block) + block_->capacity;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
  void append(std::span<const std::byte> bytes);  // `bytes` may be part of bytes()
  // REQUIRES: count <= size(). Frees the memory when nothing is left.
  void consume(std::size_t count) noexcept;
  void clear() noexcept { block_.reset(); }

 private:
  // One pointer wide, because a silent connection holds an empty one. The bytes follow the header
  // in the same allocation.
  struct Block {
    std::size_t begin;
    std::size_t end;
    std::size_t capacity;
  };
  struct Free {
    void operator()(Block* block) const noexcept;
  };
  static std::byte* data(Block* block) noexcept { return reinterpret_cast<std::byte*>(block + 1); }
  SLUICE_LOCAL void make_room(std::size_t count);

  std::unique_ptr<Block, Free> block_;
};

}  // namespace sluice

#endif
