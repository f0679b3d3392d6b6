// The commands of a chat's plain lines. Only for chat_lines.cc.
//
// Lifetime: one line. Thread: the house's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_COMMANDS_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_COMMANDS_H

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "chat_house.h"
#include "chat_text.h"

namespace sluice {

// --- The words of a line ---

inline std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Removes the first word from `text` and returns it.
inline std::string_view take_word(std::string_view& text) noexcept {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text = trimmed(text.substr(word.size()));
  return word;
}

inline std::string sanitized(std::string_view text) {
  std::string result;
  append_chat_text(result, text);
  return result;
}

class ChatCommands {
 public:
  // The first text in a room: of the room, or null if the member opens it, its name, and the nick.
  using Welcome = std::function<std::string(const ChatRoom*, std::string_view, std::string_view)>;

  ChatCommands(ChatHouse& house, ChatMember& member, ChatHouse::Congestion congestion,
               Welcome welcome)
      : house_(house), member_(member), congestion_(congestion), welcome_(std::move(welcome)) {}

  // Returns what ChatLines::submit() returns. `line` has no slash.
  [[nodiscard]] bool run(std::string_view line);

 private:
  struct Command {
    std::string_view name;
    std::string_view usage;
    std::string_view summary;
    bool (ChatCommands::*run)(std::string_view);
  };
  static std::span<const Command> commands() noexcept;

  bool nick(std::string_view wanted);
  bool me(std::string_view text);
  bool msg(std::string_view rest);
  bool join(std::string_view rest);
  bool part(std::string_view rest);
  bool list_rooms(std::string_view rest);
  bool who(std::string_view name);
  bool topic(std::string_view text);
  bool invite(std::string_view name);
  bool kick(std::string_view rest);
  bool ban(std::string_view name);
  bool unban(std::string_view mask);
  bool mute(std::string_view name);
  bool unmute(std::string_view mask);
  bool mode(std::string_view rest);
  bool oper(std::string_view rest);
  bool help(std::string_view rest);
  bool quit(std::string_view reason);

  [[nodiscard]] ChatRoom& room() noexcept { return *member_.rooms().front(); }
  void notify(std::string_view text) { house_.notify(member_, text); }
  // Explains to the member why `result` is not ok. Returns false if it is behind.
  bool explain(ChatResult result, std::string_view name);
  void change(char letter, bool adds, std::string_view parameter);

  ChatHouse& house_;
  ChatMember& member_;
  ChatHouse::Congestion congestion_;
  Welcome welcome_;
};

}  // namespace sluice

#endif
