// The last lines of a room.
//
// What it is: a queue of copies. note() stores only the position of a line in the current block,
// and commit() copies the lines when the block is finished. If one read contains a thousand lines,
// only the last ones are copied.
// Limits: `lines` lines and kMaxBytes in total; new lines replace the oldest ones.
// Thread: any, one at a time. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_HISTORY_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_HISTORY_H

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

class ChatHistory {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  explicit ChatHistory(std::size_t lines);

  // The current block has a line of `size` bytes at `offset`.
  void note(std::size_t offset, std::size_t size);
  // Copies the lines that were noted since the last commit(). REQUIRES: they are in `block`.
  void commit(std::string_view block);
  [[nodiscard]] std::size_t lines() const noexcept { return kept_.size(); }
  void append_to(std::string& text) const;  // the copied lines, the oldest first

 private:
  struct Position {
    std::size_t offset;
    std::size_t size;
  };
  void keep(std::string_view line);

  std::size_t limit_;
  std::vector<Position> noted_;  // a ring once it is full
  std::size_t oldest_ = 0;       // the index of the oldest position in noted_
  std::deque<std::string> kept_;
  std::size_t bytes_ = 0;  // the size of all lines in kept_
};

}  // namespace sluice

#endif
