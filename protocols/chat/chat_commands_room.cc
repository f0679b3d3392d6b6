// The commands of the operators of a room, and those that end or explain the chat.
// chat_commands.cc has the others.
#include <algorithm>
#include <span>
#include <string>

#include "chat_commands.h"
#include "chat_name.h"

namespace sluice {
namespace {

constexpr std::size_t kUsageWidth = 24;
constexpr std::string_view kModes = "ovbqklimnst";
constexpr std::string_view kModeHelp =
    "/mode CHANGE: i or m or n or s or t after + or -, or o NICK, v NICK, b MASK, q MASK, k KEY, "
    "l COUNT";

std::string written(const ChatRoomModes& modes) {
  std::string text = chat_mode_flags(modes);
  if (modes.limit != 0) text += ' ' + std::to_string(modes.limit);
  for (const ChatBan& ban : modes.bans) text += ", banned: " + ban.mask;
  for (const ChatBan& mute : modes.mutes) text += ", muted: " + mute.mask;
  return text;
}

}  // namespace

bool ChatCommands::invite(std::string_view name) {
  ChatMember* const target = house_.find_member(name);
  if (target == nullptr) {
    notify("nobody is called " + sanitized(name.substr(0, kMaxChatName)));
    return true;
  }
  const ChatResult result = house_.invite(member_, room(), *target, congestion_);
  if (result != ChatResult::ok) return explain(result, name);
  notify(std::string(target->nick()) + " has been invited");
  return true;
}

bool ChatCommands::kick(std::string_view rest) {
  const std::string_view name = take_word(rest);
  ChatMember* const target = house_.find_member(name);
  if (target == nullptr) return explain(ChatResult::target_absent, name);
  return explain(house_.kick(member_, room(), *target, rest), name);
}

bool ChatCommands::ban(std::string_view name) {
  if (name.empty()) {
    notify("whom? /ban NICK");
    return true;
  }
  change('b', true, name);
  return true;
}

bool ChatCommands::unban(std::string_view mask) {
  if (mask.empty()) {
    notify("which ban? /unban MASK; /mode lists them");
    return true;
  }
  change('b', false, mask);
  return true;
}

bool ChatCommands::mute(std::string_view name) {
  if (name.empty()) {
    notify("whom? /mute NICK");
    return true;
  }
  change('q', true, name);
  return true;
}

bool ChatCommands::unmute(std::string_view mask) {
  if (mask.empty()) {
    notify("which mute? /unmute MASK; /mode lists them");
    return true;
  }
  change('q', false, mask);
  return true;
}

bool ChatCommands::mode(std::string_view rest) {
  if (rest.empty()) {
    notify("the mode of " + room().name() + " is " + written(room().modes()));
    return true;
  }
  const std::string_view word = take_word(rest);
  if (word.size() != 2 || (word[0] != '+' && word[0] != '-') ||
      kModes.find(word[1]) == kModes.npos) {
    notify(kModeHelp);
    return true;
  }
  change(word[1], word[0] == '+', rest);
  return true;
}

void ChatCommands::change(char letter, bool adds, std::string_view parameter) {
  const ChatModeChange change{.adds = adds, .letter = letter, .parameter = std::string(parameter)};
  const ChatResult result = house_.change_mode(member_, room(), change);
  if (result == ChatResult::invalid_name || result == ChatResult::too_long) {
    return notify(kModeHelp);
  }
  (void)explain(result, parameter);
}

bool ChatCommands::oper(std::string_view rest) {
  const std::string_view name = take_word(rest);
  if (rest.empty()) {
    notify("who are you? /oper NAME PASSWORD");
    return true;
  }
  switch (house_.log_in(member_, name, rest)) {
    case ChatResult::ok:
      notify("you are an operator of the house");
      return true;
    case ChatResult::too_soon:
      notify("somebody has just tried a password: try again in a second");
      return true;
    case ChatResult::too_often:
      notify("too many wrong passwords came from your address: try again in half a minute");
      return true;
    case ChatResult::not_allowed:
      notify("nobody becomes an operator of this house by a password");
      return true;
    default:
      notify("the name or the password is wrong");
      return true;
  }
}

bool ChatCommands::help(std::string_view /*rest*/) {
  std::string text;
  for (const Command& command : commands()) {
    std::string line = "* " + std::string(command.usage);
    line.resize(std::max(line.size(), kUsageWidth), ' ');
    text += line + std::string(command.summary) + "\n";
  }
  house_.deliver(member_, text);
  return true;
}

bool ChatCommands::quit(std::string_view reason) {
  house_.dismiss(member_, reason);
  return true;
}

}  // namespace sluice
