// The events of a chat as lines of IRC.
//
// What it is: one format for each set of capabilities that changes what all members of a room read,
// so that members with the same set share their blocks. A room "lobby" is the channel "#lobby".
// Rules: a text that is longer than a line becomes several lines, cut between characters. Invalid
// UTF-8, and controls that are no formatting, become U+FFFD. A member that goes from one room to
// another has left the first one.
// Lifetime: static. Thread: any.
// Source: RFC 1459, RFC 2812; IRCv3 server-time, message-tags, message-ids, away-notify.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_FORMAT_H
#define SLUICE_PROTOCOLS_IRC_IRC_FORMAT_H

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../chat/chat_event.h"

namespace sluice {

// The source of the lines of the server itself.
inline constexpr std::string_view kIrcServer = "irc.sluice";

struct IrcCapabilities {
  bool server_time = false;
  bool message_tags = false;
  bool away_notify = false;
  bool echo_message = false;
  bool multi_prefix = false;
  bool userhost_in_names = false;
  bool batch = false;
  bool chathistory = false;

  // The first three decide the format.
  static constexpr std::size_t kFormats = 8;
  [[nodiscard]] constexpr std::size_t format_index() const noexcept {
    return (server_time ? 1U : 0U) + (message_tags ? 2U : 0U) + (away_notify ? 4U : 0U);
  }
  // REQUIRES: index < kFormats.
  [[nodiscard]] static const ChatFormat& format(std::size_t index) noexcept;
  [[nodiscard]] const ChatFormat& format() const noexcept { return format(format_index()); }
};

// "2026-11-29T12:00:00.000Z".
[[nodiscard]] std::string irc_time(ChatTime time);

// Where a message stands among all that a house has had. The number alone begins anew with each
// start of the server; with the time it is never that of another message.
struct IrcPlace {
  ChatTime time{};
  // Odd: of a bus, which has numbered the message for all its houses. Even: of this house.
  std::uint64_t id = 0;

  [[nodiscard]] static IrcPlace of(const ChatEvent& event) noexcept {
    return {event.time, event.number == 0 ? 2 * event.id : 2 * event.number + 1};
  }

  // NOLINTNEXTLINE(modernize-use-nullptr): the 0 is in what the compiler writes
  friend auto operator<=>(const IrcPlace&, const IrcPlace&) = default;
};
// What a client names: a message, or a time.
struct IrcReference {
  ChatTime time{};
  std::optional<std::uint64_t> id = {};
};
// The tag msgid without its name: the milliseconds in hexadecimal digits, a hyphen, the number.
[[nodiscard]] std::string irc_msgid(const IrcPlace& place);
// Nothing if irc_msgid() makes no such text.
[[nodiscard]] std::optional<IrcPlace> irc_place(std::string_view msgid);

}  // namespace sluice

#endif
