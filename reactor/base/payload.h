// An immutable block of bytes that many queues share: one copy however many receivers.
//
// What it is: a counted reference to bytes that never change: a copy, memory of the program, or a
// part of a file. Copying a Payload adds a reference and copies no bytes. An empty one refers to
// nothing.
// Lifetime: the bytes live as long as the last Payload that refers to them.
// Thread: the count is atomic, so a Payload may pass to another thread's loop through post().
// Errors: making one may throw std::bad_alloc; file() also std::system_error.
#ifndef SLUICE_REACTOR_BASE_PAYLOAD_H
#define SLUICE_REACTOR_BASE_PAYLOAD_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "export.h"
#include "fd.h"

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
  // Memory of the program, which is not copied. `owner` keeps it alive, for example a
  // std::shared_ptr or a mapping; it is destroyed with the last reference, in the thread that drops
  // that. REQUIRES: the bytes do not change, and do not move
  // when `owner` is moved; its destructor does not throw.
  // By reference, so that `bytes` is read before the owner is moved, in whatever order the compiler
  // evaluates wrap(bytes_of(*owner), std::move(owner)).
  template <class Owner>
  static Payload wrap(std::span<const std::byte> bytes, Owner&& owner) {
    if (bytes.empty()) return {};
    auto* block = new Foreign<std::decay_t<Owner>>(std::forward<Owner>(owner));
    block->refer_to(bytes);
    return Payload(block);
  }
  // The elements of a container, such as a std::string or a std::vector, which moves into the
  // block.
  template <class Container>
  static Payload wrap(Container container) {
    static_assert(!std::ranges::enable_borrowed_range<Container>,
                  "a view keeps no bytes: pass what owns them, too");
    if (std::size(container) == 0) return {};
    auto* block = new Foreign<Container>(std::move(container));
    block->refer_to(std::as_bytes(std::span(std::as_const(block->owner))));
    return Payload(block);
  }
  // `length` bytes of a regular file from `offset` on, which a connection on a plain socket sends
  // by sendfile(2), and another one by reading a piece at a time. They are read when they are sent,
  // so reading may wait for the disk, and a file that is changed meanwhile is sent as it is then.
  // If it has become shorter, the connection closes (CloseReason::system_error with EIO). bytes()
  // is empty. Throws std::system_error: EINVAL (not a regular file, or it ends before that), and
  // the errors of fstat().
  static Payload file(Fd file, std::uint64_t offset, std::size_t length);

  Payload(const Payload& other) noexcept : block_(other.block_) { retain(); }
  Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Payload() { release(); }

  [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool is_file() const noexcept { return block_ != nullptr && !block_->data; }
  // Empty for a part of a file.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    if (block_ == nullptr || block_->data == nullptr) return {};
    return {block_->data, block_->size};
  }
  [[nodiscard]] std::size_t use_count() const noexcept {
    return block_ == nullptr ? 0 : block_->count.load(std::memory_order_relaxed);
  }

 private:
  friend class OutputQueue;
  struct Block {
    using Destroy = void (*)(Block*) noexcept;
    explicit Block(Destroy by) noexcept : destroy(by) {}
    void refer_to(std::span<const std::byte> bytes) noexcept {
      size = bytes.size();
      data = bytes.data();
    }

    std::atomic<std::size_t> count{1};
    std::size_t size = 0;
    const std::byte* data = nullptr;  // null: in a file
    Destroy destroy;
  };
  template <class Owner>
  struct Foreign : Block {
    explicit Foreign(Owner of) : Block(&destroy_this), owner(std::move(of)) {}
    static void destroy_this(Block* block) noexcept { delete static_cast<Foreign*>(block); }
    Owner owner;
  };
  struct InFile;
  explicit Payload(Block* block) noexcept : block_(block) {}
  // REQUIRES: is_file().
  struct FilePart {
    int file;
    std::uint64_t offset;
  };
  [[nodiscard]] SLUICE_LOCAL FilePart file_part() const noexcept;
  void retain() noexcept {
    if (block_ != nullptr) block_->count.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  Block* block_ = nullptr;
};

}  // namespace sluice

#endif
