// An immutable block of bytes that many queues share: one copy however many receivers.
//
// What it is: a counted reference to bytes that never change. Copying a Payload adds a reference
// and copies no bytes. An empty one refers to nothing.
// Lifetime: the bytes live as long as the last Payload that refers to them.
// Thread: the count is atomic, so a Payload may pass to another thread's loop through post().
// Errors: copy() and concat() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_BASE_PAYLOAD_H
#define SLUICE_REACTOR_BASE_PAYLOAD_H

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "export.h"

namespace sluice {

class SLUICE_EXPORT Payload {
 public:
  Payload() noexcept = default;
  static Payload copy(std::span<const std::byte> bytes);
  static Payload copy(std::string_view text) {
    return copy(std::as_bytes(std::span(text.data(), text.size())));
  }
  // One block of the parts, in their order.
  static Payload concat(std::span<const std::span<const std::byte>> parts);

  Payload(const Payload& other) noexcept : block_(other.block_) { retain(); }
  Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Payload() { release(); }

  [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    if (block_ == nullptr) return {};
    return {reinterpret_cast<const std::byte*>(block_ + 1), block_->size};
  }
  [[nodiscard]] std::size_t use_count() const noexcept {
    return block_ == nullptr ? 0 : block_->count.load(std::memory_order_relaxed);
  }

 private:
  // The bytes follow the header in the same allocation.
  struct Block {
    std::atomic<std::size_t> count;
    std::size_t size;
  };
  SLUICE_LOCAL static Block* allocate(std::size_t size);
  explicit Payload(Block* block) noexcept : block_(block) {}
  void retain() noexcept {
    if (block_ != nullptr) block_->count.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  Block* block_ = nullptr;
};

}  // namespace sluice

#endif
