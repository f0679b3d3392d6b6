// The write buffer of the loop: what the running handler has sent. Only for Connection.
//
// What it is: the counterpart of the loop's read buffer. A handler's answers are collected here,
// and written when the handler returns. Only bytes that the system does not accept get a queue. So
// an echo allocates nothing, and an idle connection has no buffer.
// Lifetime: the bytes of take() are valid until the next append(). Thread: the loop's.
#ifndef SLUICE_REACTOR_STREAM_WRITE_BUFFER_H
#define SLUICE_REACTOR_STREAM_WRITE_BUFFER_H

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace sluice {

class WriteBuffer {
 public:
  static constexpr std::size_t kSize = 64 * 1024;

  // make_unique() would write to every page of it.
  WriteBuffer() : bytes_(new std::byte[kSize]) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  // Returns false, and appends nothing, if there is no room, or if another `owner` has bytes here:
  // a handler may make a connection, whose own handler then runs inside it.
  bool append(const void* owner, std::span<const std::byte> bytes) noexcept {
    if (size_ > 0 && owner_ != owner) return false;
    if (bytes.size() > kSize - size_) return false;
    owner_ = owner;
    std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
    return true;
  }
  std::span<const std::byte> take() noexcept {
    const std::size_t size = size_;
    size_ = 0;
    return {bytes_.get(), size};
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  const void* owner_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sluice

#endif
