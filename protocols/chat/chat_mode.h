// What the operators of a room can set, with the letters of IRC.
//
// Source: RFC 2811, section 4. Thread: any.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_MODE_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_MODE_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/export.h"
#include "chat_event.h"

namespace sluice {

struct ChatBan {
  std::string mask;    // "nick!user@host" with * and ?
  std::string author;  // "nick!user@host" of the operator
  ChatTime time{};
};

struct ChatRoomModes {
  bool invite_only = false;          // i
  bool moderated = false;            // m: only operators and members with a voice speak
  bool members_only = true;          // n: only members speak
  bool secret = false;               // s: only its members see that it exists
  bool topic_is_locked = false;      // t: only operators set the topic
  std::string key;                   // k: that a newcomer must give; empty: none
  std::size_t limit = 0;             // l: of members; 0: none
  std::vector<ChatBan> bans;         // b: who does not come in, and does not speak
  std::vector<ChatBan> mutes;        // q: who does not speak
  std::vector<std::string> invited;  // keys of names that may join once
};

// The letters of what is set, after a plus: "+nkl". Bans have none.
[[nodiscard]] std::string chat_mode_flags(const ChatRoomModes& modes);

// One change by an operator.
struct ChatModeChange {
  bool adds = true;
  char letter = 'o';      // o v b q k l i m n s t
  std::string parameter;  // a nick, a mask, a key or a number, for those that need one
};

// Whether `text` matches `mask`, in which * is any bytes and ? is one. Case does not matter, as in
// chat_name_key(). Takes time in proportion to the product of both sizes at most.
[[nodiscard]] SLUICE_EXPORT bool matches_chat_mask(std::string_view mask, std::string_view text);

}  // namespace sluice

#endif
