// Pending output: shared payloads and copied bytes, in order, gathered into one write.
//
// What it is: a queue of blocks. Bytes are copied into chunks, a payload is counted, and bytes in a
// pipe or a file stay there. A connection allocates it only while output is pending, and OutputPool
// keeps it for the next one, so that the path of an echo allocates nothing.
// Lifetime: the pieces of gather() are valid until the next change.
// Thread: the loop's. Errors: appending may throw std::bad_alloc; a part of the copied bytes may
// have been appended then.
#ifndef SLUICE_REACTOR_STREAM_OUTPUT_QUEUE_H
#define SLUICE_REACTOR_STREAM_OUTPUT_QUEUE_H

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../base/export.h"
#include "../base/payload.h"
#include "../loop/idle_list.h"

namespace sluice {

class SLUICE_EXPORT OutputQueue {
 public:
  static constexpr std::size_t kChunkSize = 16 * 1024;
  static constexpr std::size_t kMaxGather = 64;  // pieces in a write; the limit of Linux is 1024

  OutputQueue() = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  // The memory that it holds, in bytes; what the holders of a payload share, in equal parts. Its
  // cost is linear in the number of blocks.
  [[nodiscard]] std::size_t memory() const noexcept;

  void append(std::span<const std::byte> bytes);
  void append(Payload payload, std::size_t from = 0);
  // The next `size` bytes of a pipe, which outlives them in the queue. REQUIRES: bytes of another
  // pipe are not in the queue.
  void append_pipe(int read_end, std::size_t size);
  // What the bytes count for a limit on memory: a part of a file counts as at most kFileCost.
  static constexpr std::size_t kFileCost = 4096;
  [[nodiscard]] std::size_t cost() const noexcept { return size_ - file_discount_; }
  [[nodiscard]] static std::size_t cost_of(const Payload& payload) noexcept;
  // Returns the front of the queue as at most `into.size()` pieces, and their number: 0 if bytes of
  // a pipe or of a file are first.
  std::size_t gather(std::span<iovec> into) const noexcept;
  [[nodiscard]] bool has_file_first() const noexcept { return pieces_[first_].payload.is_file(); }
  // REQUIRES: bytes of a file are first.
  struct InFile {
    int fd;
    std::uint64_t offset;
    std::size_t size;
  };
  [[nodiscard]] InFile front_in_file() const noexcept;
  // REQUIRES: bytes of a pipe are first. How many these are, and the pipe.
  [[nodiscard]] std::size_t front_in_pipe() const noexcept { return pieces_[first_].size; }
  [[nodiscard]] int pipe() const noexcept { return pipe_; }
  void consume(std::size_t count) noexcept;  // REQUIRES: count <= size()
  // Whether it has a part of a file.
  [[nodiscard]] bool has_file() const noexcept;
  // The bytes of the queue in one block. REQUIRES: none are in a pipe or a file.
  [[nodiscard]] std::vector<std::byte> copy() const;
  // Empties it, and frees all memory except one chunk.
  void clear() noexcept;
  // Empties it, and frees all memory except the room for a few payloads.
  void clear_to_minimum() noexcept;

  // Its place in the list of the connections whose peers do not read.
  struct StallNode : IdleList::Node {
    void* connection = nullptr;
  } stall;

 private:
  struct Chunk {
    std::byte bytes[kChunkSize];
  };
  // The pending part of a payload or of a chunk. A chunk may be in several pieces with payloads
  // between them, so that a handler that alternately sends a byte and a payload does not use a
  // chunk for each byte.
  struct Piece {
    Payload payload;
    std::unique_ptr<Chunk> chunk;     // in the last piece of a full chunk, which is freed with it
    const std::byte* data = nullptr;  // null: in the pipe, or in the file of the payload
    std::size_t size = 0;
  };
  SLUICE_LOCAL Chunk& open_chunk();
  [[nodiscard]] SLUICE_LOCAL bool ends_in_open_chunk() const noexcept;
  SLUICE_LOCAL void pop_front() noexcept;

  static constexpr std::size_t kMinPieces = 4;
  std::vector<Piece> pieces_;  // [first_, size) are pending; the earlier ones have been written
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t file_discount_ = 0;  // of the bytes of files, what cost() does not count
  std::unique_ptr<Chunk> open_;    // the chunk that is being filled; [0, filled_) is used
  std::size_t filled_ = 0;
  int pipe_ = -1;                 // the only one that bytes of the queue are in
  std::unique_ptr<Chunk> spare_;  // the last full chunk that was emptied
};

// The queues that no connection needs now. At most kKept are kept with a chunk, and at most
// kKeptSmall more without one: passing a message on to a thousand members of a room needs a
// thousand queues in each turn, each for one payload.
class SLUICE_EXPORT OutputPool {
 public:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kKeptSmall = 1024;
  std::unique_ptr<OutputQueue> take();
  void give(std::unique_ptr<OutputQueue> queue) noexcept;

 private:
  std::vector<std::unique_ptr<OutputQueue>> free_;
};

}  // namespace sluice

#endif
