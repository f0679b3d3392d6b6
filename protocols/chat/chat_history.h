// The last lines that were said in a room.
//
// What it is: a ring of copies. A line is first only noted, as a place in the block that is being
// collected, and copied when the block is finished: of a thousand lines that one read brings, the
// last ones are copied and no others.
// Limits: `lines` lines, and kBytes in all, of which the oldest give way.
// Thread: none of its own. Errors: std::bad_alloc.
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
  static constexpr std::size_t kBytes = 64 * 1024;

  explicit ChatHistory(std::size_t lines);

  // The block has a line of `size` bytes at `offset`.
  void note(std::size_t offset, std::size_t size);
  // Copies what was noted since the last time. REQUIRES: it was noted of `block`.
  void commit(std::string_view block);
  [[nodiscard]] std::size_t lines() const noexcept { return kept_.size(); }
  void append_to(std::string& text) const;  // the oldest first; without what is only noted

 private:
  struct Place {
    std::size_t offset;
    std::size_t size;
  };
  void keep(std::string_view line);

  std::size_t limit_;
  std::vector<Place> noted_;  // a ring as soon as it is full
  std::size_t oldest_ = 0;    // of noted_
  std::deque<std::string> kept_;
  std::size_t bytes_ = 0;  // of kept_
};

}  // namespace sluice

#endif
