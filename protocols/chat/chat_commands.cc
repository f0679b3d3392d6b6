#include "chat_commands.h"

#include <algorithm>
#include <utility>

#include "chat_lines.h"
#include "chat_name.h"
#include "chat_text.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxEchoed = 32;  // bytes of an unknown command that the hint repeats

std::string count_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " member" : " members");
}

}  // namespace

std::span<const ChatCommands::Command> ChatCommands::commands() noexcept {
  static constexpr Command kCommands[] = {
      {"nick", "/nick NAME", "be called NAME", &ChatCommands::nick},
      {"me", "/me TEXT", "say what you do", &ChatCommands::me},
      {"msg", "/msg NICK TEXT", "tell NICK alone", &ChatCommands::msg},
      {"join", "/join ROOM [KEY]", "go to a room, or open it", &ChatCommands::join},
      {"part", "/part", "go back to the first room", &ChatCommands::part},
      {"rooms", "/rooms", "list the rooms", &ChatCommands::list_rooms},
      {"who", "/who [ROOM]", "list who is in a room", &ChatCommands::who},
      {"topic", "/topic [TEXT]", "show or set what the room is about", &ChatCommands::topic},
      {"invite", "/invite NICK", "ask NICK to come to your room", &ChatCommands::invite},
      {"kick", "/kick NICK [REASON]", "remove NICK from your room", &ChatCommands::kick},
      {"ban", "/ban NICK", "let NICK not come back", &ChatCommands::ban},
      {"unban", "/unban MASK", "undo a ban", &ChatCommands::unban},
      {"mute", "/mute NICK", "let NICK not speak in your room", &ChatCommands::mute},
      {"unmute", "/unmute MASK", "undo a mute", &ChatCommands::unmute},
      {"mode", "/mode [CHANGE]", "show or change who may do what", &ChatCommands::mode},
      {"oper", "/oper NAME PASSWORD", "operate every room", &ChatCommands::oper},
      {"help", "/help", "list the commands", &ChatCommands::help},
      {"quit", "/quit [REASON]", "leave", &ChatCommands::quit},
  };
  return kCommands;
}

bool ChatCommands::run(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  const std::string key = chat_name_key(word.substr(0, kMaxEchoed));
  for (const Command& command : commands()) {
    if (command.name == key) return (this->*command.run)(trimmed(line.substr(word.size())));
  }
  notify("there is no command /" + sanitized(word.substr(0, kMaxEchoed)) +
         "; /help lists those there are, and // begins a line with a slash");
  return true;
}

bool ChatCommands::explain(ChatResult result, std::string_view name) {
  const std::string quoted = sanitized(name.substr(0, kMaxChatName));
  switch (result) {
    case ChatResult::ok:
      return true;
    case ChatResult::behind:
      return false;
    case ChatResult::invite_only:
      notify(quoted + " is closed: only members who are invited come in");
      return true;
    case ChatResult::banned:
      notify("you are banned from " + quoted);
      return true;
    case ChatResult::wrong_key:
      notify(quoted + " has a key: /join " + quoted + " KEY");
      return true;
    case ChatResult::not_operator:
      notify("only an operator of the room can do that");
      return true;
    case ChatResult::target_absent:
      notify(quoted + " is not in the room");
      return true;
    case ChatResult::target_present:
      notify(quoted + " is in the room already");
      return true;
    case ChatResult::list_full:
      notify("the list is full: at most " + std::to_string(house_.rules().max_bans) +
             " bans, and as many mutes");
      return true;
    case ChatResult::already_there:
      notify("nothing to change: it is so already");
      return true;
    case ChatResult::not_allowed:
      notify("nobody has heard that: the room is moderated, or you are muted or banned");
      return true;
    default:
      notify("that is not possible: " + quoted);
      return true;
  }
}

bool ChatCommands::nick(std::string_view wanted) {
  const std::string still = "; you are still " + std::string(member_.nick());
  if (!is_chat_name(wanted)) {
    notify(chat_name_error(wanted));
    return true;
  }
  switch (house_.set_nick(member_, wanted)) {
    case ChatResult::name_taken:
      notify("the name " + std::string(wanted) + " is taken" + still);
      return true;
    case ChatResult::name_reserved:
      notify("the name " + std::string(wanted) + " is reserved" + still);
      return true;
    default:
      return true;
  }
}

bool ChatCommands::me(std::string_view text) {
  if (text.empty()) {
    notify("what do you do? /me TEXT");
    return true;
  }
  return explain(house_.say(member_, room(), ChatEvent::Kind::acted, text, congestion_), {});
}

bool ChatCommands::msg(std::string_view rest) {
  const std::string_view name = take_word(rest);
  if (name.empty() || rest.empty()) {
    notify("whom, and what? /msg NICK TEXT");
    return true;
  }
  ChatMember* const target = house_.find_member(name);
  if (target == nullptr) {
    notify("nobody is called " + sanitized(name.substr(0, kMaxChatName)));
    return true;
  }
  return explain(house_.tell(member_, *target, ChatEvent::Kind::said, rest, congestion_), name);
}

bool ChatCommands::join(std::string_view rest) {
  const std::string_view key_follows = rest;
  std::string_view name = rest;
  std::string_view key;
  // A name with a space and no key after it is a mistake in the name, and explained as such.
  if (const std::string_view word = take_word(rest); is_chat_name(word)) {
    name = word;
    key = rest;
  } else {
    name = key_follows;
  }
  const ChatRoom* const to = house_.find_room(name);
  const ChatResult checked = house_.check_join(member_, name, key, congestion_);
  switch (checked) {
    case ChatResult::ok:
      break;
    case ChatResult::invalid_name:
      notify(chat_name_error(name));
      return true;
    case ChatResult::already_there:
      notify("you are in " + room().name() + " already");
      return true;
    case ChatResult::too_many_rooms:
      notify("no room can be opened: there are " + std::to_string(house_.rooms()) +
             ", and at most " + std::to_string(house_.rules().max_rooms) + "; /rooms lists them");
      return true;
    case ChatResult::room_full: {
      const std::size_t limit = to->modes().limit;
      notify(to->name() + " is full: at most " +
             count_of(limit == 0 ? house_.rules().max_in_room
                                 : std::min(limit, house_.rules().max_in_room)));
      return true;
    }
    default:
      return explain(checked, name);
  }
  // All that may throw comes before the move.
  const std::string text = welcome_(to, to == nullptr ? name : to->name(), member_.nick());
  (void)house_.join(member_, name, key, congestion_);
  house_.deliver(member_, text);
  house_.tell_if_recorded(member_, room());
  return true;
}

bool ChatCommands::part(std::string_view /*rest*/) { return join(house_.lobby().name()); }

bool ChatCommands::list_rooms(std::string_view /*rest*/) {
  std::string text;
  for (const auto& [key, each] : house_.all_rooms()) {
    if (each->modes().secret && !member_.is_in(*each)) continue;
    text += kNoticePrefix;
    text += each->name() + ": " + count_of(each->members().size());
    if (!each->topic().text.empty()) text += ", " + each->topic().text;
    text += '\n';
  }
  house_.deliver(member_, text);
  return true;
}

bool ChatCommands::who(std::string_view name) {
  const ChatRoom* shown_room = &room();
  if (!name.empty()) {
    shown_room = house_.find_room(name);
    if (shown_room == nullptr || (shown_room->modes().secret && !member_.is_in(*shown_room))) {
      notify("there is no room " + sanitized(name.substr(0, kMaxChatName)));
      return true;
    }
  }
  const auto& members = shown_room->members();
  std::string text = count_of(members.size()) + " in " + shown_room->name();
  const char* before = ": ";
  const std::size_t shown = std::min(members.size(), ChatLines::kMaxNames);
  for (const ChatRoom::Place& one : std::span(members).first(shown)) {
    text += std::exchange(before, ", ");
    text += one.member->nick();
  }
  if (shown < members.size()) text += " and more";
  notify(text);
  return true;
}

bool ChatCommands::topic(std::string_view text) {
  const std::string& topic = room().topic().text;
  if (text.empty()) {
    notify(topic.empty() ? "no topic is set; /topic TEXT sets one" : "topic: " + topic);
    return true;
  }
  const ChatResult result = house_.set_topic(member_, room(), text);
  if (result != ChatResult::too_long) return explain(result, {});
  notify("a topic of " + std::to_string(sanitized(text).size()) + " bytes is too long: at most " +
         std::to_string(ChatHouse::kMaxTopic));
  return true;
}

}  // namespace sluice
