// Words for the answers of the server. Only for the sources of IrcClient.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_WORDS_H
#define SLUICE_PROTOCOLS_IRC_IRC_WORDS_H

#include <string>
#include <string_view>

#include "../chat/chat_room.h"

namespace sluice {

// "#lobby".
[[nodiscard]] std::string irc_channel(const ChatRoom& room);

// A word that a client has sent, as an answer can repeat it: shorter, without spaces, and not
// empty.
[[nodiscard]] std::string irc_word(std::string_view text);

// Seconds since 1970.
[[nodiscard]] std::string irc_seconds(ChatTime time);

}  // namespace sluice

#endif
