#include "payload.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

namespace sluice {

struct Payload::InFile : Payload::Block {
  InFile(Fd of, std::uint64_t from, Destroy by) noexcept
      : Block(by), file(std::move(of)), offset(from) {}
  Fd file;
  std::uint64_t offset;
};

Payload::FilePart Payload::file_part() const noexcept {
  const auto& block = static_cast<const InFile&>(*block_);
  return {block.file.get(), block.offset};
}

void Payload::release() noexcept {
  if (block_ == nullptr) return;
  // acq_rel: whoever frees the block must see every other holder done with it.
  if (block_->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->destroy(block_);
}

Payload Payload::copy(std::span<const std::byte> bytes) { return concat({&bytes, 1}); }

Payload Payload::concat(std::span<const std::span<const std::byte>> parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  if (size == 0) return {};
  // The bytes follow the header in the same allocation.
  auto* block = new (::operator new(sizeof(Block) + size)) Block([](Block* last) noexcept {
    last->~Block();
    ::operator delete(last);
  });
  auto* to = reinterpret_cast<std::byte*>(block + 1);
  block->refer_to({to, size});
  for (const auto& part : parts) {
    if (part.empty()) continue;  // memcpy from a null pointer is undefined, even of no bytes
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  return Payload(block);
}

Payload Payload::file(Fd file, std::uint64_t offset, std::size_t length) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    throw std::system_error(errno, std::generic_category(), "fstat of a file to send");
  }
  if (!S_ISREG(status.st_mode)) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "descriptor " + std::to_string(file.get()) + " is not a regular file");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (offset > size || length > size - offset) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "a file of " + std::to_string(size) + " bytes has no " +
                                std::to_string(length) + " at offset " + std::to_string(offset));
  }
  if (length == 0) return {};
  auto* block = new InFile(std::move(file), offset,
                           [](Block* last) noexcept { delete static_cast<InFile*>(last); });
  block->size = length;
  return Payload(block);
}

}  // namespace sluice
