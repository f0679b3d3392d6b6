// Carries the events of a house to the same house in other processes, and theirs to this one.
//
// What it is: an interface that the house calls. Every event that members of a room read is offered
// to the carrier. If it accepts the event, it gives it back later, by ChatHouse::receive(), in the
// order that is the same for all houses. Members of the other houses are members here too, which
// the carrier has entered.
// Lifetime: the carrier outlives the house, or is removed by ChatHouse::set_carrier(nullptr).
// Thread: the house's. The functions must not call the house, but for set_draining().
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_CARRIER_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_CARRIER_H

#include <cstdint>
#include <span>
#include <string_view>

#include "chat_event.h"

namespace sluice {

class ChatMember;
class ChatRoom;
struct ChatModeChange;

// An event, and where it is read.
struct ChatNews {
  enum class Reach : std::uint8_t {
    members,   // the members read it
    recorded,  // and the history keeps it
    history,   // only the history keeps it
  };
  ChatEvent event;
  // Those whose members read it, if event.room is empty.
  std::span<const std::string_view> rooms = {};
  const ChatMember* skipped = nullptr;  // does not read it
  Reach reach = Reach::members;
};

class ChatCarrier {
 public:
  // A member is there; it is in no room yet.
  virtual void entered(const ChatMember& member) = 0;
  // True: the event reaches nobody now, and receive() gets it later.
  virtual bool carry(const ChatNews& news) = 0;
  virtual void mode_changed(const ChatMember& author, const ChatRoom& room,
                            const ChatModeChange& change) = 0;
  // The member is about to be destroyed: what was carried must not skip it any more.
  virtual void gone(const ChatMember& member) noexcept = 0;
  // Members of this process begin to drain, or all of them have left. Those that drain wait for no
  // other process: receive() gets at once what has been carried, and until they have left carry()
  // accepts nothing.
  virtual void set_draining(bool draining) = 0;

 protected:
  ~ChatCarrier() = default;
};

}  // namespace sluice

#endif
