// What happens in a chat, and the wire formats in which members read it.
//
// What it is: an event is a value that names the room, the author and the text. A ChatFormat turns
// it into bytes. The house asks each format once for each event and room, however many members
// read it.
// Lifetime: the views of an event are valid during the call that gets it.
// Thread: the house's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_EVENT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_EVENT_H

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

using ChatTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct ChatEvent {
  enum class Kind : std::uint8_t {
    said,     // `text` to `room`, or to `target` alone if `room` is empty
    acted,    // the same, of something that the author does
    noticed,  // the same, of a program, which nobody answers by itself
    tagged,   // the same without a text: only `tags`
    joined,   // the room
    left,     // the room; `text` is the reason, or empty
    quit,     // the house; `text` is the reason, or empty
    renamed,  // `target` is the new nick
    topic,    // of the room: `text`, or empty if it has none any more
    kicked,   // the author has removed `target` from the room, because of `text`
    invited,  // the author invites `target` to the room
    away,     // `text` is why; empty: the author is back
    mode,     // of the room; `text` is the change as IRC writes it: "+o ann"
    house,    // the house has something to say to `target` alone: `text`
  };

  Kind kind = Kind::said;
  std::uint64_t id = 0;  // grows with each event of a house that a room reads
  ChatTime time{};
  // With `time`, the event's place among all of a carrier, the same in each house; 0: it has none.
  std::uint64_t number = 0;
  std::string_view room;    // its name, or empty
  std::string_view author;  // the nick at that time; empty: the house itself
  std::string_view origin;  // of the author: "user@host"
  std::string_view target;
  std::string_view text;  // as it was typed, which may be any bytes but line feeds
  std::string_view tags;  // of IRC, "+name=value;+name": formats without tags drop them
};

// What a member says, rather than what it does.
[[nodiscard]] constexpr bool is_message(ChatEvent::Kind kind) noexcept {
  using Kind = ChatEvent::Kind;
  return kind == Kind::said || kind == Kind::acted || kind == Kind::noticed;
}

// A request of one IRC client to another, such as for its version: not text for people. The reason
// of an event, which may begin with the same byte, does not make it one.
[[nodiscard]] inline bool is_for_programs(const ChatEvent& event) noexcept {
  return is_message(event.kind) && event.text.starts_with('\x01');
}

class SLUICE_EXPORT ChatFormat {
 public:
  // Appends the event as whole lines or messages. Appends nothing if the format has no form for it.
  // Errors: std::bad_alloc; a part may then be appended.
  virtual void append(std::string& to, const ChatEvent& event) const = 0;

 protected:
  ~ChatFormat() = default;
};

}  // namespace sluice

#endif
