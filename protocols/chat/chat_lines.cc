#include "chat_lines.h"

#include <algorithm>
#include <utility>

#include "chat_commands.h"
#include "chat_text.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

void append_reason(std::string& to, std::string_view reason) {
  if (reason.empty()) return;
  to += " (";
  append_chat_text(to, reason);
  to += ')';
}

class LinesFormat final : public ChatFormat {
 public:
  void append(std::string& to, const ChatEvent& event) const override {
    switch (event.kind) {
      case Kind::said:
      case Kind::noticed:
      case Kind::acted:
        return append_line(to, event);
      case Kind::tagged:
      case Kind::away:
        return;
      default:
        to += kNoticePrefix;
        append_notice(to, event);
        to += '\n';
    }
  }

 private:
  static void append_line(std::string& to, const ChatEvent& event) {
    if (is_for_programs(event)) return;
    if (event.room.empty()) {
      to += '[';
      to += event.author;
      to += "] ";
    } else if (event.kind == Kind::acted) {
      to += kActionPrefix;
      to += event.author;
      to += ' ';
    } else {
      to += '<';
      to += event.author;
      to += "> ";
    }
    append_chat_text(to, event.text);
    to += '\n';
  }

  static void append_notice(std::string& to, const ChatEvent& event) {
    to += event.author;
    switch (event.kind) {
      case Kind::joined:
        to += " joined";
        return;
      case Kind::left:
        to += " left";
        if (!event.target.empty()) {
          return append_reason(to, "went to " + std::string(event.target));
        }
        return append_reason(to, event.text);
      case Kind::quit:
        to += " left";
        return append_reason(to, event.text);
      case Kind::renamed:
        to += " is now ";
        to += event.target;
        return;
      case Kind::topic:
        to += event.text.empty() ? " removed the topic" : " set the topic: ";
        return append_chat_text(to, event.text);
      case Kind::kicked:
        to += " removed ";
        to += event.target;
        to += " from the room";
        return append_reason(to, event.text);
      case Kind::invited:
        to += " invites you to the room ";
        to += event.room;
        return;
      case Kind::mode:
        to += " set the mode ";
        return append_chat_text(to, event.text);
      default:
        return append_chat_text(to, event.text);
    }
  }
};

}  // namespace

const ChatFormat& ChatLines::format() noexcept {
  static const LinesFormat kFormat;
  return kFormat;
}

ChatMember* ChatLines::enter(ChatOutlet& outlet, std::string_view nick, std::string_view origin,
                             bool is_operator) {
  const std::size_t limit = house_.rules().max_members;
  if (house_.members() >= limit) {
    outlet.deliver(Payload::copy("* the chat is full: at most " + std::to_string(limit) +
                                 " members; try again later\n"));
    outlet.on_dismissed();
    return nullptr;
  }
  const std::string name = house_.free_nick(nick);
  const Payload text = Payload::copy(welcome(&house_.lobby(), house_.lobby().name(), name));
  ChatMember* const member = house_.enter({.outlet = outlet,
                                           .format = format(),
                                           .nick = name,
                                           .origin = origin,
                                           .is_operator = is_operator});
  outlet.deliver(text);
  house_.tell_if_recorded(*member, house_.lobby());
  return member;
}

bool ChatLines::submit(ChatMember& member, std::string_view line, Congestion congestion) {
  if (line.empty()) return true;
  ChatRoom& room = *member.rooms().front();
  if (room.is_congested() && congestion == Congestion::wait) return false;
  if (line.front() == '/') {
    if (!line.starts_with("//")) {
      const auto greet = [this](const ChatRoom* to, std::string_view name, std::string_view nick) {
        return welcome_ ? welcome_(to, name, nick) : welcome(to, name, nick);
      };
      return ChatCommands(house_, member, congestion, greet).run(line.substr(1));
    }
    line.remove_prefix(1);
  }
  switch (house_.say(member, room, Kind::said, line, congestion)) {
    case ChatResult::behind:
      return false;
    case ChatResult::not_allowed:
      house_.notify(member,
                    "nobody has heard that: the room is moderated, or you are muted or banned");
      return true;
    default:
      return true;
  }
}

std::string ChatLines::welcome(const ChatRoom* room, std::string_view name,
                               std::string_view nick) const {
  std::string text;
  const ChatRules& rules = house_.rules();
  if (room == &house_.lobby() && !rules.greeting.empty()) {
    text = rules.greeting;
    if (text.back() != '\n') text += '\n';
  }
  text += "* you are ";
  text += nick;
  text += ", in the room ";
  text += name;
  text += '\n';
  if (room == nullptr) return text + "* nobody else is here\n";
  if (!room->topic().text.empty()) text += "* topic: " + room->topic().text + "\n";
  room->append_history(text, format());
  const auto& members = room->members();
  text += members.empty() ? "* nobody else is here" : "* here:";
  const std::size_t shown = std::min(members.size(), kMaxWelcomeNames);
  for (std::size_t i = 0; i < shown; ++i) {
    text += i == 0 ? " " : ", ";
    text += members[i].member->nick();
  }
  if (members.size() > shown) {
    text += " and " + std::to_string(members.size() - shown) + " more; /who lists all";
  }
  text += '\n';
  return text;
}

}  // namespace sluice
