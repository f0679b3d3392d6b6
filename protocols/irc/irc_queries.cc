// The questions of a client about members and the server.
#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_set>

#include "../../reactor/base/version.h"
#include "../chat/chat_name.h"
#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::string_view kInfo = "sluice";
// Bytes that a line of the message of the day shows: the start of the line fits before them.
constexpr std::size_t kMaxMotdLine = 400;

struct Origin {
  explicit Origin(std::string_view origin)
      : user(origin.substr(0, origin.find('@'))),
        host(origin.substr(std::min(user.size() + 1, origin.size()))) {}
  std::string_view user;
  std::string_view host;
};

}  // namespace

// --- Members ---

void IrcClient::send_who(const ChatMember& one, const ChatRoom* room) {
  const Origin origin(one.origin());
  std::string flags = one.away().empty() ? "H" : "G";
  if (one.is_operator()) flags += '*';
  const ChatRoom::Place* const place = room == nullptr ? nullptr : room->place_of(one);
  if (place != nullptr) flags += irc_prefix(*place, capabilities_.multi_prefix);
  numeric("352", {room == nullptr ? std::string("*") : irc_channel(*room), origin.user, origin.host,
                  kIrcServer, one.nick(), flags, "0 " + std::string(one.about())});
}

void IrcClient::who(const IrcLine& line) {
  const std::string_view mask = line.param(0);
  const std::string shown = irc_word(mask);
  if (mask.starts_with('#')) {
    const ChatRoom* const room = find_channel(mask);
    if (room != nullptr && can_see(*room)) {
      for (const ChatRoom::Place& place : room->members()) send_who(*place.member, room);
    }
  } else if (!mask.empty() && mask.find_first_of("*?") == mask.npos) {
    if (const ChatMember* one = house().find_member(mask)) {
      const auto& rooms = one->rooms();
      const auto visible =
          std::ranges::find_if(rooms, [this](const ChatRoom* room) { return can_see(*room); });
      send_who(*one, visible == rooms.end() ? nullptr : *visible);
    }
  } else {
    for (const auto& [key, one] : house().all_members()) {
      if (mask.empty() || mask == "*" || matches_chat_mask(mask, one->nick())) {
        send_who(*one, nullptr);
      }
    }
  }
  numeric("315", {shown, "End of /WHO list"});
}

void IrcClient::whois(const IrcLine& line) {
  const std::string_view wanted = line.count > 1 ? line.param(1) : line.param(0);
  if (wanted.empty()) return numeric("431", {"No nickname given"});
  const std::string shown = irc_word(wanted);
  const ChatMember* const one = house().find_member(wanted);
  if (one == nullptr) {
    numeric("401", {shown, "No such nick/channel"});
    return numeric("318", {shown, "End of /WHOIS list"});
  }
  const Origin origin(one->origin());
  numeric("311", {one->nick(), origin.user, origin.host, "*", one->about()});
  std::string channels;
  const auto send_channels = [&] {
    if (!channels.empty()) numeric("319", {one->nick(), channels});
    channels.clear();
  };
  for (const ChatRoom* room : one->rooms()) {
    if (!can_see(*room)) continue;
    if (channels.size() > kMaxIrcBody / 2) send_channels();
    if (!channels.empty()) channels += ' ';
    channels += irc_prefix(*room->place_of(*one), capabilities_.multi_prefix);
    channels += irc_channel(*room);
  }
  send_channels();
  numeric("312", {one->nick(), kIrcServer, kInfo});
  if (one->is_operator()) numeric("313", {one->nick(), "is an IRC operator"});
  if (!one->away().empty()) numeric("301", {one->nick(), one->away()});
  numeric("317", {one->nick(), irc_seconds(ChatTime(house().now() - one->last_said())),
                  irc_seconds(one->since()), "seconds idle, signon time"});
  numeric("318", {one->nick(), "End of /WHOIS list"});
}

void IrcClient::whowas(const IrcLine& line) {
  const std::string_view wanted = line.param(0);
  if (wanted.empty()) return numeric("431", {"No nickname given"});
  const std::string shown = irc_word(wanted);
  const std::string key = chat_name_key(wanted);
  std::size_t most = ChatHouse::kMaxPast;
  if (const std::string_view count = line.param(1);
      count.size() == 1 && count[0] >= '1' && count[0] <= '9') {
    most = static_cast<std::size_t>(count[0] - '0');
  }
  std::size_t found = 0;
  const auto& past = house().past();
  for (auto one = past.rbegin(); one != past.rend() && found < most; ++one) {
    if (chat_name_key(one->nick) != key) continue;
    ++found;
    const Origin origin(one->origin);
    numeric("314", {one->nick, origin.user, origin.host, "*", one->about});
    numeric("312", {one->nick, kIrcServer, irc_time(one->until)});
  }
  if (found == 0) numeric("406", {shown, "There was no such nickname"});
  numeric("369", {shown, "End of WHOWAS"});
}

void IrcClient::userhost(const IrcLine& line) {
  std::string answer;
  for (const std::string_view nick : line.all().first(std::min(line.count, kMaxUserhosts))) {
    const ChatMember* const one = house().find_member(nick);
    if (one == nullptr) continue;
    if (!answer.empty()) answer += ' ';
    answer += one->nick();
    answer += one->away().empty() ? "=+" : "=-";
    answer += one->origin();
  }
  out_ += ':' + std::string(kIrcServer) + " 302 " + std::string(nick()) + " :" + answer + "\r\n";
}

void IrcClient::ison(const IrcLine& line) {
  std::string answer;
  for (std::string_view names : line.all()) {
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      names.remove_prefix(std::min(name.size() + 1, names.size()));
      const ChatMember* const one = house().find_member(name);
      if (one == nullptr || answer.size() > kMaxIrcBody / 2) continue;
      if (!answer.empty()) answer += ' ';
      answer += one->nick();
    }
  }
  out_ += ':' + std::string(kIrcServer) + " 303 " + std::string(nick()) + " :" + answer + "\r\n";
}

// --- The server ---

void IrcClient::motd(const IrcLine& /*line*/) {
  std::string_view text = options_.motd.empty() ? house().rules().greeting : options_.motd;
  if (text.empty()) return numeric("422", {"MOTD File is missing"});
  numeric("375", {"- " + std::string(kIrcServer) + " Message of the day - "});
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string cleaned;
    append_irc_text(cleaned, line);
    std::string_view rest = cleaned;
    do {
      const std::string_view part = cut_utf8(rest, kMaxMotdLine);
      numeric("372", {"- " + std::string(part)});
      rest.remove_prefix(part.size());
    } while (!rest.empty());
  }
  numeric("376", {"End of /MOTD command."});
}

void IrcClient::lusers(const IrcLine& /*line*/) {
  const std::string members = std::to_string(house().members());
  numeric("251", {"There are " + members + " users and 0 invisible on 1 servers"});
  const auto operators = std::ranges::count_if(
      house().all_members(), [](const auto& entry) { return entry.second->is_operator(); });
  numeric("252", {std::to_string(operators), "operator(s) online"});
  numeric("253", {"0", "unknown connection(s)"});
  const auto channels = std::ranges::count_if(
      house().all_rooms(), [](const auto& room) { return !room.second->members().empty(); });
  numeric("254", {std::to_string(channels), "channels formed"});
  numeric("255", {"I have " + members + " clients and 0 servers"});
  numeric("265", {members, members, "Current local users"});
  numeric("266", {members, members, "Current global users"});
}

void IrcClient::version(const IrcLine& /*line*/) {
  numeric("351", {std::string("sluice-") + SLUICE_VERSION_STRING, kIrcServer, ""});
  isupport();
}

void IrcClient::time(const IrcLine& /*line*/) {
  numeric("391", {kIrcServer, irc_time(house().now())});
}

void IrcClient::info(const IrcLine& /*line*/) {
  numeric("371", {std::string("sluice ") + SLUICE_VERSION_STRING});
  numeric("374", {"End of INFO list"});
}

void IrcClient::admin(const IrcLine& /*line*/) {
  numeric("423", {kIrcServer, "No administrative info available"});
}

// One server alone.
void IrcClient::links(const IrcLine& /*line*/) {
  numeric("364", {kIrcServer, kIrcServer, "0 sluice"});
  numeric("365", {"*", "End of LINKS list"});
}

// What a server counts is for its operator: sluicectl(8) shows it.
void IrcClient::stats(const IrcLine& line) {
  std::string letter;
  append_irc_text(letter, line.count > 0 ? line.params[0].substr(0, 1) : "*");
  numeric("219", {letter, "End of STATS report"});
}

}  // namespace sluice
