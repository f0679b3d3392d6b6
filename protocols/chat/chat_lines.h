// Plain text as the front of a chat: what a member types becomes calls of the house, and events
// become lines.
//
//   member types              the others in the room read
//   hello                     <ann> hello
//   /me waves                 ~ ann waves
//   //not a command           <ann> /not a command
//
// What it is: the commands and the texts; the house has the rules. A member is in one room at a
// time. A new member starts in the lobby, as guestN. /help and sluice_chat(3) list the commands.
// Notices of the house begin with "* ", and no line of a member does.
// Limits: a topic has at most ChatHouse::kMaxTopic bytes. A block may exceed ChatRules::block by
// one line.
// Lifetime: the house outlives it. Thread: the house's.
// Errors: std::bad_alloc; the call then had its full effect on members and rooms, or none.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_LINES_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_LINES_H

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "../../reactor/base/export.h"
#include "chat_house.h"

namespace sluice {

class SLUICE_EXPORT ChatLines {
 public:
  using Congestion = ChatHouse::Congestion;
  static constexpr std::size_t kMaxWelcomeNames = 50;  // names in the welcome
  static constexpr std::size_t kMaxNames = 4096;       // names in the answer to /who

  // Returns the first text of a member in a room. The room is null if the member opens it; `name`
  // is that of the room, and `nick` that of the member. The text is sent unchanged.
  using Welcome =
      std::function<std::string(const ChatRoom*, std::string_view name, std::string_view nick)>;

  explicit ChatLines(ChatHouse& house) noexcept : house_(house) {}
  // For the submit() of a front with another format, which has its own welcome.
  ChatLines(ChatHouse& house, Welcome welcome) : house_(house), welcome_(std::move(welcome)) {}

  [[nodiscard]] static const ChatFormat& format() noexcept;

  // Adds a member. Its name is `nick` if that is valid and free, else guestN with the smallest free
  // N. `is_operator`: of the house. Returns null if the house is full: the outlet gets a notice,
  // and then on_dismissed().
  ChatMember* enter(ChatOutlet& outlet, std::string_view nick = {},
                    std::string_view origin = "chat@chat", bool is_operator = false);
  // Processes a line that `member` typed, without its end; an empty line is ignored. Returns false,
  // without any effect, if a member that would receive the line is behind. If the line is /quit,
  // `member` is destroyed, and its outlet gets on_dismissed().
  [[nodiscard]] bool submit(ChatMember& member, std::string_view line,
                            Congestion congestion = Congestion::wait);

 private:
  [[nodiscard]] SLUICE_LOCAL std::string welcome(const ChatRoom* room, std::string_view name,
                                                 std::string_view nick) const;

  ChatHouse& house_;
  Welcome welcome_;
};

}  // namespace sluice

#endif
