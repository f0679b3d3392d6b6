#include "payload.h"

#include <cstring>
#include <new>

namespace sluice {

Payload::Block* Payload::allocate(std::size_t size) {
  return new (::operator new(sizeof(Block) + size)) Block{.count = 1, .size = size};
}

void Payload::release() noexcept {
  if (block_ == nullptr) return;
  // acq_rel: whoever frees the block must see every other holder done with it.
  if (block_->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}

Payload Payload::copy(std::span<const std::byte> bytes) { return concat({&bytes, 1}); }

Payload Payload::concat(std::span<const std::span<const std::byte>> parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  if (size == 0) return {};
  Block* block = allocate(size);
  auto* to = reinterpret_cast<std::byte*>(block + 1);
  for (const auto& part : parts) {
    if (part.empty()) continue;  // memcpy from a null pointer is undefined, even of no bytes
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  return Payload(block);
}

}  // namespace sluice
