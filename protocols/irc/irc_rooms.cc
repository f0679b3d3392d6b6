// Channels: joining, leaving, topics, lists of names.
#include <algorithm>
#include <string>
#include <vector>

#include "../chat/chat_text.h"
#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

// False if it is there already. A line may name one channel a hundred times, and its list of names
// may have thousands.
bool add_once(std::vector<const ChatRoom*>& rooms, const ChatRoom* room) {
  if (std::ranges::find(rooms, room) != rooms.end()) return false;
  rooms.push_back(room);
  return true;
}

}  // namespace

void IrcClient::join(const IrcLine& line) {
  if (line.param(0) == "0") {
    while (!member()->rooms().empty()) {
      ChatRoom& room = *member()->rooms().front();
      append_irc_line(out_, mask(), "PART", {irc_channel(room)});
      (void)house().part(*member(), room, {});
    }
    return;
  }
  std::string_view names = line.param(0);
  std::string_view keys = line.param(1);
  while (!names.empty()) {
    const std::string_view name = take_irc_item(names);
    const std::string_view key = take_irc_item(keys);
    if (!name.empty()) join_one(name, key);
  }
}

void IrcClient::join_one(std::string_view name, std::string_view key) {
  if (!name.starts_with('#')) return numeric("403", {irc_word(name), "No such channel"});
  const ChatResult result =
      house().join(*member(), name.substr(1), key, ChatHouse::Congestion::ignore);
  if (result == ChatResult::already_there) return;
  if (result != ChatResult::ok) return explain(result, irc_word(name));
  const ChatRoom& room = *house().find_room(name.substr(1));
  const std::string channel = irc_channel(room);
  if (capabilities_.server_time) out_ += "@time=" + irc_time(house().now()) + ' ';
  append_irc_line(out_, mask(), "JOIN", {channel});
  if (!room.topic().text.empty()) send_topic(room);
  send_names(room);
  numeric("366", {channel, "End of /NAMES list"});
  if (room.is_recorded()) {
    append_irc_line(out_, kIrcServer, "NOTICE", {nick(), channel + " is logged"});
  }
}

void IrcClient::part(const IrcLine& line) {
  std::string_view names = line.param(0);
  const std::string reason = irc_reason(line.param(1));
  while (!names.empty()) {
    const std::string_view name = take_irc_item(names);
    if (name.empty()) continue;
    ChatRoom* const room = need_channel(name);
    if (room == nullptr) continue;
    const std::string channel = irc_channel(*room);
    const ChatResult result = house().part(*member(), *room, reason);
    if (result != ChatResult::ok) {
      explain(result, channel);
    } else if (reason.empty()) {
      append_irc_line(out_, mask(), "PART", {channel});
    } else {
      append_irc_line(out_, mask(), "PART", {channel, reason});
    }
  }
}

void IrcClient::send_topic(const ChatRoom& room) {
  const std::string channel = irc_channel(room);
  if (room.topic().text.empty()) return numeric("331", {channel, "No topic is set"});
  numeric("332", {channel, room.topic().text});
  numeric("333", {channel, room.topic().author, irc_seconds(room.topic().time)});
}

void IrcClient::topic(const IrcLine& line) {
  ChatRoom* const room = need_channel(line.param(0));
  if (room == nullptr) return;
  const std::string channel = irc_channel(*room);
  if (line.count < 2) {
    if (!can_see(*room)) return explain(ChatResult::not_in_room, channel);
    return send_topic(*room);
  }
  std::string text;
  append_chat_text(text, line.param(1));
  explain(house().set_topic(*member(), *room, cut_utf8(text, kMaxTopicOfIrc)), channel);
}

// --- Lists ---

void IrcClient::send_names(const ChatRoom& room) {
  const std::string head = ':' + std::string(kIrcServer) + " 353 " + std::string(nick()) +
                           (room.modes().secret ? " @ #" : " = #") + room.name() + " :";
  std::string line = head;
  for (const ChatRoom::Place& place : room.members()) {
    std::string one = irc_prefix(place, capabilities_.multi_prefix);
    one +=
        capabilities_.userhost_in_names ? place.member->mask() : std::string(place.member->nick());
    if (line.size() + one.size() + 1 > kMaxIrcBody) {
      out_ += line + "\r\n";
      line = head;
    }
    if (line.size() > head.size()) line += ' ';
    line += one;
  }
  if (line.size() > head.size()) out_ += line + "\r\n";
}

void IrcClient::names(const IrcLine& line) {
  std::string_view wanted = line.param(0);
  if (wanted.empty()) {
    for (const auto& [key, room] : house().all_rooms()) {
      if (can_see(*room)) send_names(*room);
    }
    return numeric("366", {"*", "End of /NAMES list"});
  }
  std::vector<const ChatRoom*> shown;
  while (!wanted.empty()) {
    const std::string_view name = take_irc_item(wanted);
    if (name.empty()) continue;
    const ChatRoom* const room = find_channel(name);
    const bool is_visible = room != nullptr && can_see(*room);
    if (is_visible && add_once(shown, room)) send_names(*room);
    numeric("366", {room == nullptr ? irc_word(name) : irc_channel(*room), "End of /NAMES list"});
  }
}

void IrcClient::list(const IrcLine& line) {
  numeric("321", {"Channel", "Users  Name"});
  const auto send = [this](const ChatRoom& room) {
    if (!can_see(room) || room.members().empty()) return;
    numeric("322", {irc_channel(room), std::to_string(room.members().size()), room.topic().text});
  };
  std::string_view wanted = line.param(0);
  if (wanted.empty()) {
    for (const auto& [key, room] : house().all_rooms()) send(*room);
  }
  std::vector<const ChatRoom*> shown;
  while (!wanted.empty()) {
    const ChatRoom* const room = find_channel(take_irc_item(wanted));
    if (room != nullptr && add_once(shown, room)) send(*room);
  }
  numeric("323", {"End of /LIST"});
}

// --- Operators ---

void IrcClient::kick(const IrcLine& line) {
  ChatRoom* const room = need_channel(line.param(0));
  if (room == nullptr) return;
  const std::string channel = irc_channel(*room);
  const std::string reason = irc_reason(line.param(2));
  std::string_view nicks = line.param(1);
  while (!nicks.empty()) {
    const std::string_view nick = take_irc_item(nicks);
    if (!member()->is_in(*room)) return explain(ChatResult::not_in_room, channel);
    if (!ChatHouse::operates(*room, *member())) {
      return explain(ChatResult::not_operator, channel);
    }
    ChatMember* const target = need_member(nick);
    if (target == nullptr) continue;
    const ChatResult result = house().kick(*member(), *room, *target, reason);
    if (result == ChatResult::target_absent) {
      numeric("441", {target->nick(), channel, "They aren't on that channel"});
    }
    if (target == member()) return;  // the room may be gone
  }
}

void IrcClient::invite(const IrcLine& line) {
  ChatMember* const target = need_member(line.param(0));
  if (target == nullptr) return;
  ChatRoom* const room = need_channel(line.param(1));
  if (room == nullptr) return;
  const std::string channel = irc_channel(*room);
  const ChatResult result =
      house().invite(*member(), *room, *target, ChatHouse::Congestion::ignore);
  if (result == ChatResult::target_present) {
    return numeric("443", {target->nick(), channel, "is already on channel"});
  }
  if (result != ChatResult::ok) return explain(result, channel);
  numeric("341", {target->nick(), channel});
  if (!target->away().empty()) numeric("301", {target->nick(), target->away()});
}

}  // namespace sluice
