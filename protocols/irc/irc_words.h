// Words for the answers of the server. Only for the sources of IrcClient.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_WORDS_H
#define SLUICE_PROTOCOLS_IRC_IRC_WORDS_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../chat/chat_room.h"

namespace sluice {

// Bytes of a topic, a reason or an away message. ISUPPORT names it.
inline constexpr std::size_t kMaxTopicOfIrc = 390;

// Messages that one CHATHISTORY returns at most. ISUPPORT names it.
inline constexpr std::size_t kMaxIrcHistory = 100;

// "#lobby".
[[nodiscard]] std::string irc_channel(const ChatRoom& room);

// A word that a client has sent, as an answer can repeat it: shorter, without spaces, and not
// empty.
[[nodiscard]] std::string irc_word(std::string_view text);

// A reason that a client gives, as other clients get it: cleaned, and at most kMaxTopicOfIrc bytes.
[[nodiscard]] std::string irc_reason(std::string_view text);

// In capitals: only the letters a to z change.
[[nodiscard]] std::string irc_upper(std::string_view text);

// "@+" of a member in a channel, or the higher of both.
[[nodiscard]] std::string irc_prefix(const ChatRoom::Place& place, bool all);

// Seconds since 1970.
[[nodiscard]] std::string irc_seconds(ChatTime time);

}  // namespace sluice

#endif
