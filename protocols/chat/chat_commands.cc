// The commands of a chat. chat_house.cc has the other rules.
#include <algorithm>
#include <span>
#include <utility>

#include "chat_house.h"
#include "chat_name.h"
#include "chat_room.h"
#include "chat_text.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxEchoed = 32;  // bytes of an unknown command that the hint repeats

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Removes the first word from `text` and returns it.
std::string_view take_word(std::string_view& text) noexcept {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text = trimmed(text.substr(word.size()));
  return word;
}

std::string sanitized(std::string_view text) {
  std::string result;
  append_chat_text(result, text);
  return result;
}

std::string count_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " member" : " members");
}

}  // namespace

struct ChatHouse::Command {
  std::string_view name;
  std::string_view usage;
  std::string_view summary;
  bool (ChatHouse::*run)(ChatMember&, std::string_view, Congestion);
};

std::span<const ChatHouse::Command> ChatHouse::commands() noexcept {
  static constexpr Command kCommands[] = {
      {"nick", "/nick NAME", "be called NAME", &ChatHouse::nick},
      {"me", "/me TEXT", "say what you do", &ChatHouse::me},
      {"msg", "/msg NICK TEXT", "tell NICK alone", &ChatHouse::msg},
      {"join", "/join ROOM", "go to a room, or open it", &ChatHouse::join},
      {"part", "/part", "go back to the first room", &ChatHouse::part},
      {"rooms", "/rooms", "list the rooms", &ChatHouse::list_rooms},
      {"who", "/who [ROOM]", "list who is in a room", &ChatHouse::who},
      {"topic", "/topic [TEXT]", "show or set what the room is about", &ChatHouse::topic},
      {"help", "/help", "list the commands", &ChatHouse::help},
      {"quit", "/quit [REASON]", "leave", &ChatHouse::quit},
  };
  return kCommands;
}

bool ChatHouse::run_command(ChatMember& member, std::string_view line, Congestion congestion) {
  const std::string_view word = line.substr(0, line.find(' '));
  const std::string key = chat_name_key(word.substr(0, kMaxEchoed));
  for (const Command& command : commands()) {
    if (command.name == key) {
      return (this->*command.run)(member, trimmed(line.substr(word.size())), congestion);
    }
  }
  notify(member, "there is no command /" + sanitized(word.substr(0, kMaxEchoed)) +
                     "; /help lists those there are, and // begins a line with a slash");
  return true;
}

bool ChatHouse::nick(ChatMember& member, std::string_view wanted, Congestion /*congestion*/) {
  if (const std::string error = chat_name_error(wanted); !error.empty()) {
    notify(member, error);
    return true;
  }
  const ChatMember* const holder = find(wanted);
  if (holder != nullptr && holder != &member) {
    notify(member, "the name " + std::string(wanted) + " is taken; you are still " +
                       std::string(member.nick()));
    return true;
  }
  const std::string old(member.nick());
  if (old == wanted) return true;
  std::string key = chat_name_key(wanted);
  if (key != *member.key_ && is_reserved(key)) {
    notify(member, "the name " + std::string(wanted) + " is reserved; you are still " + old);
    return true;
  }
  if (member.room_->has_lines_for(member)) member.room_->flush();
  member.set_nick(wanted);
  auto owned = members_.extract(members_.find(*member.key_));
  const std::string old_key = std::exchange(owned.key(), std::move(key));
  members_.insert(std::move(owned));  // allocates nothing: the table is not larger than before
  release_nick(old_key);
  member.room_->announce({old, " is now ", wanted});
  mark_dirty(*member.room_);
  return true;
}

bool ChatHouse::me(ChatMember& member, std::string_view text, Congestion /*congestion*/) {
  if (text.empty()) {
    notify(member, "what do you do? /me TEXT");
    return true;
  }
  member.room_->act(member, text);
  mark_dirty(*member.room_);
  return true;
}

bool ChatHouse::msg(ChatMember& member, std::string_view rest, Congestion congestion) {
  const std::string_view name = take_word(rest);
  if (name.empty() || rest.empty()) {
    notify(member, "whom, and what? /msg NICK TEXT");
    return true;
  }
  ChatMember* const target = is_chat_name(name) ? find(name) : nullptr;
  if (target == nullptr) {
    notify(member, "nobody is called " + sanitized(name.substr(0, kMaxChatName)));
    return true;
  }
  if (target->behind_ && congestion == Congestion::wait) return false;
  std::string text = "[";
  text += member.nick();
  text += "] ";
  append_chat_text(text, rest);
  text += '\n';
  deliver(*target, text);
  return true;
}

bool ChatHouse::join(ChatMember& member, std::string_view name, Congestion congestion) {
  if (const std::string error = chat_name_error(name); !error.empty()) {
    notify(member, error);
    return true;
  }
  const auto found = rooms_.find(chat_name_key(name));
  if (found != rooms_.end() && found->second.get() == member.room_) {
    notify(member, "you are in " + member.room_->name() + " already");
    return true;
  }
  // A room other than the lobby is removed when its only member leaves it.
  const bool frees_one = member.room_ != lobby_ && member.room_->members().size() == 1;
  if (found == rooms_.end() && rooms_.size() - (frees_one ? 1 : 0) >= rules_.max_rooms) {
    notify(member, "no room can be opened: there are " + std::to_string(rooms_.size()) +
                       ", and at most " + std::to_string(rules_.max_rooms) + "; /rooms lists them");
    return true;
  }
  if (found != rooms_.end() && found->second.get() != lobby_ &&
      found->second->members().size() >= rules_.max_in_room) {
    notify(member, found->second->name() + " is full: at most " + count_of(rules_.max_in_room));
    return true;
  }
  if (found != rooms_.end() && found->second->members_behind != 0 &&
      congestion == Congestion::wait) {
    return false;
  }
  ChatRoom& to = find_or_make_room(name);
  try {
    move(member, to);
  } catch (...) {
    remove_if_empty(to);
    throw;
  }
  return true;
}

bool ChatHouse::part(ChatMember& member, std::string_view /*rest*/, Congestion congestion) {
  return join(member, rules_.lobby, congestion);
}

bool ChatHouse::list_rooms(ChatMember& member, std::string_view /*rest*/,
                           Congestion /*congestion*/) {
  std::string text;
  for (const auto& [key, room] : rooms_) {
    text += "* " + room->name() + ": " + count_of(room->members().size());
    if (!room->topic.empty()) text += ", " + room->topic;
    text += '\n';
  }
  deliver(member, text);
  return true;
}

bool ChatHouse::who(ChatMember& member, std::string_view name, Congestion /*congestion*/) {
  const ChatRoom* room = member.room_;
  if (!name.empty()) {
    const auto found = is_chat_name(name) ? rooms_.find(chat_name_key(name)) : rooms_.end();
    if (found == rooms_.end()) {
      notify(member, "there is no room " + sanitized(name.substr(0, kMaxChatName)));
      return true;
    }
    room = found->second.get();
  }
  std::string text = count_of(room->members().size()) + " in " + room->name();
  const char* before = ": ";
  const std::size_t shown = std::min(room->members().size(), kMaxNames);
  for (const ChatMember* one : std::span(room->members()).first(shown)) {
    text += std::exchange(before, ", ");
    text += one->nick();
  }
  if (shown < room->members().size()) text += " and more";
  notify(member, text);
  return true;
}

bool ChatHouse::topic(ChatMember& member, std::string_view text, Congestion /*congestion*/) {
  ChatRoom& room = *member.room_;
  if (text.empty()) {
    notify(member,
           room.topic.empty() ? "no topic is set; /topic TEXT sets one" : "topic: " + room.topic);
    return true;
  }
  std::string topic = sanitized(text);
  if (topic.size() > kMaxTopic) {
    notify(member, "a topic of " + std::to_string(topic.size()) + " bytes is too long: at most " +
                       std::to_string(kMaxTopic));
    return true;
  }
  room.announce({member.nick(), " set the topic: ", topic});
  room.topic = std::move(topic);
  mark_dirty(room);
  return true;
}

bool ChatHouse::help(ChatMember& member, std::string_view /*rest*/, Congestion /*congestion*/) {
  std::string text;
  for (const Command& command : commands()) {
    std::string line = "* " + std::string(command.usage);
    line.resize(std::max(line.size(), std::size_t{20}), ' ');
    text += line + std::string(command.summary) + "\n";
  }
  deliver(member, text);
  return true;
}

bool ChatHouse::quit(ChatMember& member, std::string_view reason, Congestion /*congestion*/) {
  // A member that has left receives nothing more, so it gets the collected lines first.
  if (member.room_->has_lines_for(member)) member.room_->flush();
  ChatOutlet& outlet = member.outlet_;
  const std::string text = sanitized(reason);
  try {
    leave(member, text);
  } catch (...) {
    outlet.on_dismissed();
    throw;
  }
  outlet.on_dismissed();
  return true;
}

}  // namespace sluice
