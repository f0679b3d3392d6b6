// The form in which the houses of a chat tell each other what happens. Only for ChatBridge.
//
// What it is: netstrings (bus_record.h). The first is a letter that says what follows.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_BUS_CHAT_NEWS_TEXT_H
#define SLUICE_PROTOCOLS_BUS_CHAT_NEWS_TEXT_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../chat/chat_carrier.h"
#include "bus.h"

namespace sluice::chat_news {

inline constexpr std::string_view kNews = "n";     // an event that rooms read
inline constexpr std::string_view kAlone = "p";    // an event that one member reads
inline constexpr std::string_view kEntered = "e";  // nick, origin, about
inline constexpr std::string_view kMode = "m";     // author, room, + or -, letter, parameter
inline constexpr std::string_view kState = "s";    // a list for each member: the same and its rooms
inline constexpr std::string_view kHello = "h";    // the others send their state

[[nodiscard]] std::string write(std::string_view letter, const ChatNews& news);

// What the bus says of a message: when and where it was in its order.
struct When {
  BusTime time;
  std::uint64_t place = 0;  // 0: it is not from the bus
};

// `event` is made of views of what it was read from.
struct Read {
  ChatEvent event;
  std::vector<std::string_view> rooms;
  bool is_recorded = false;
};
// Nothing if it is not an event of valid names and of lines.
[[nodiscard]] std::optional<Read> read(std::string_view fields, When when);

// Removes a field from `fields` for each of `lines`. False if there are fewer, or if one has an end
// of line, which no text of a chat has.
[[nodiscard]] bool take_lines(std::string_view& fields, std::span<std::string_view> lines) noexcept;

}  // namespace sluice::chat_news

#endif
