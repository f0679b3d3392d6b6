// What an operation of a ChatHouse returns.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_RESULT_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_RESULT_H

#include <cstdint>

namespace sluice {

enum class ChatResult : std::uint8_t {
  ok,
  behind,           // a member that would receive it does not keep up: call again later
  invalid_name,     // is_chat_name() or is_chat_nick() is false
  name_taken,       // by another member
  name_reserved,    // ChatRules::reserved, the lobby, or guest with a number
  already_there,    // the member is in the room, or has that name
  not_in_room,      // the member
  target_absent,    // the other one is not in the room
  target_present,   // the other one is in the room already
  too_many_rooms,   // of the house: ChatRules::max_rooms
  too_many_joined,  // of the member: ChatRules::max_joined
  room_full,        // ChatRules::max_in_room, or the limit that its operators have set
  invite_only,
  banned,
  wrong_key,
  not_operator,  // of the room or the house
  not_allowed,   // to say something there
  too_long,
  wrong_password,
  too_soon,   // after the last password: ChatHouse::kPasswordInterval
  too_often,  // wrong passwords from this origin: ChatHouse::kMaxWrongPasswords
  list_full,  // of bans or mutes: ChatRules::max_bans
};

}  // namespace sluice

#endif
