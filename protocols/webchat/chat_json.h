// A chat's events as JSON, each a text message of WebSocket: sluice-protocols(7) has the format.
//
// What it is: a ChatFormat that appends whole frames, so that a block of a room is one shared
// payload. The numbers of events begin with a name of the house, so that a client that comes back
// knows whether they are still those that it has seen.
// Lifetime: REQUIRES that it outlives the members that have it. Thread: the house's.
// Errors: std::bad_alloc.
// Source: RFC 8259.
#ifndef SLUICE_PROTOCOLS_WEBCHAT_CHAT_JSON_H
#define SLUICE_PROTOCOLS_WEBCHAT_CHAT_JSON_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../chat/chat_event.h"
#include "../chat/chat_room.h"

namespace sluice {

// A string with its quotation marks. Bytes that are not text for people are replaced, as for plain
// lines (append_chat_text()), so the result is UTF-8 without control characters.
void append_json_string(std::string& to, std::string_view text);

class WebSocketDeflate;

class ChatJson final : public ChatFormat {
 public:
  static constexpr std::size_t kMaxNames = 1000;  // of the members in a welcome

  // With `deflate`, the messages are compressed for clients with the largest window. REQUIRES: it
  // outlives this.
  explicit ChatJson(ChatTime house_since, WebSocketDeflate* deflate = nullptr);

  void append(std::string& to, const ChatEvent& event) const override;

  // What `nick` reads first in a room, and then the room's last events after the one with the
  // number `after`. `room` is null if the member opens it.
  [[nodiscard]] std::string welcome(const ChatRoom* room, std::string_view name,
                                    std::string_view nick, std::string_view greeting,
                                    std::string_view after, std::size_t history) const;

 private:
  // 0 if the number is not of this house.
  [[nodiscard]] std::uint64_t number_of(std::string_view id) const noexcept;

  void append_frame(std::string& to, std::string_view json) const;

  std::string house_;  // "18f2c3a1b20-"
  WebSocketDeflate* deflate_;
};

}  // namespace sluice

#endif
