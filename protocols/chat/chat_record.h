// What keeps the events of the rooms of a house beyond their history, such as a file for each room.
//
// What it is: an interface that the house calls. The house asks once for each room whether its
// events are kept. It gives the record every event that members of the room read, in their order,
// and the members of a room that has a record get a notice of that when they enter it. What one
// member says to another alone is given to no record.
// Lifetime: the recorder outlives the house, or is removed by ChatHouse::set_recorder(nullptr). A
// record is valid until the next set_recorder().
// Thread: the house's. The functions must not call the house. Errors: none throws.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_RECORD_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_RECORD_H

#include <string_view>

#include "chat_event.h"

namespace sluice {

class ChatRecord {
 public:
  virtual void add(const ChatEvent& event) noexcept = 0;

 protected:
  ~ChatRecord() = default;
};

class ChatRecorder {
 public:
  // Null: the events of this room are not kept.
  [[nodiscard]] virtual ChatRecord* record_of(std::string_view room) noexcept = 0;
  // What the house has to say of all rooms whose events are kept, such as that some are missing.
  virtual void add_to_all(const ChatEvent& event) noexcept = 0;
  // Once a turn: writes what was added.
  virtual void flush() noexcept = 0;

 protected:
  ~ChatRecorder() = default;
};

}  // namespace sluice

#endif
