// What waits to be written: shared payloads and copied bytes, in order, gathered into one write.
//
// What it is: a queue of blocks. Copied bytes are collected in chunks; a payload is counted, never
// copied. It is heap-allocated by its connection only while something waits, and kept for the next
// one by OutputPool, so that the echo path allocates nothing.
// Lifetime: gather()'s pieces are valid until the next change.
// Thread: the loop's. Errors: appending may throw std::bad_alloc; of copied bytes, the
// first may have been appended then.
#ifndef SLUICE_REACTOR_STREAM_OUTPUT_QUEUE_H
#define SLUICE_REACTOR_STREAM_OUTPUT_QUEUE_H

#include <sys/uio.h>

#include <cstddef>
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
  static constexpr std::size_t kMaxGather = 64;  // pieces a write; Linux takes 1024

  OutputQueue() = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void append(std::span<const std::byte> bytes);
  void append(Payload payload, std::size_t from = 0);
  // The front of the queue as at most `into.size()` pieces; returns how many.
  std::size_t gather(std::span<iovec> into) const noexcept;
  void consume(std::size_t count) noexcept;  // REQUIRES: count <= size()
  // Empties it and gives back all memory beyond one chunk.
  void clear() noexcept;
  // Empties it and gives back all memory but for a few payloads' places.
  void clear_to_least() noexcept;

  // Its place among the connections whose peers do not take what is written.
  struct StallNode : IdleList::Node {
    void* connection = nullptr;
  } stall;

 private:
  struct Chunk {
    std::byte bytes[kChunkSize];
  };
  // What waits of a payload, or of a chunk. A chunk may be in several pieces with payloads between
  // them: whoever sends a byte and a payload by turns must not pay a chunk for each byte.
  struct Piece {
    Payload payload;
    std::unique_ptr<Chunk> chunk;  // in the last piece of a full chunk, which goes with it
    const std::byte* data = nullptr;
    std::size_t size = 0;
  };
  SLUICE_LOCAL Chunk& open_chunk();
  [[nodiscard]] SLUICE_LOCAL bool ends_in_open_chunk() const noexcept;
  SLUICE_LOCAL void pop_front() noexcept;

  static constexpr std::size_t kMinPieces = 4;
  std::vector<Piece> pieces_;  // [first_, size) wait; the ones before are done with
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<Chunk> open_;  // the one being filled, [0, filled_) so far
  std::size_t filled_ = 0;
  std::unique_ptr<Chunk> spare_;  // the last full chunk that emptied
};

// The queues that no connection needs just now. At most kKept are kept with a chunk, and at most
// kKeptSmall more without one: what is passed on to a thousand members of a room needs a thousand
// queues in every turn, each for one payload.
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
