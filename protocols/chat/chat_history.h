// The last lines of a room, as events.
//
// What it is: a queue of copies that reuses the memory of the oldest one, because most lines have a
// similar length.
// Limits: `lines` lines and kMaxBytes in total; new lines replace the oldest ones.
// Thread: any, one at a time. Errors: std::bad_alloc; the new line is then missing.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_HISTORY_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_HISTORY_H

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "chat_event.h"

namespace sluice {

class ChatHistory {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  explicit ChatHistory(std::size_t lines) : limit_(lines) {}

  void keep(const ChatEvent& event);
  [[nodiscard]] std::size_t lines() const noexcept { return kept_.size(); }
  // When the last message was said that it keeps, or nothing.
  [[nodiscard]] std::optional<ChatTime> last_message() const noexcept;
  // Calls `visit` with each event after the one with the id `after`, the oldest first. `room` is
  // the room of all.
  template <class Visit>
  void each(std::string_view room, std::uint64_t after, Visit&& visit) const {
    for (const Line& line : kept_) {
      if (line.id > after) visit(line.event(room));
    }
  }

 private:
  struct Line {
    ChatEvent::Kind kind;
    std::uint64_t id;
    ChatTime time;
    std::uint64_t number;
    std::size_t author_size;
    std::size_t origin_size;
    std::string bytes;  // author, origin and text

    [[nodiscard]] ChatEvent event(std::string_view room) const noexcept;
  };

  std::size_t limit_;
  std::deque<Line> kept_;
  std::size_t bytes_ = 0;  // of all lines in kept_
};

}  // namespace sluice

#endif
