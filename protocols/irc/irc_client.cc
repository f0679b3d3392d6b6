#include "irc_client.h"

#include <algorithm>
#include <utility>

#include "irc_command.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxEchoed = 32;  // bytes of an unknown command that the answer repeats

bool is_above_limit(std::string_view text) noexcept {
  const std::size_t body = irc_body_size(text);
  return body > kMaxIrcBody || text.size() - body > kMaxIrcTags;
}

}  // namespace

// --- Answers ---

bool IrcClient::is_open() { return connection().state() == Connection::State::open; }

std::string_view IrcClient::nick() noexcept {
  if (member() != nullptr) return member()->nick();
  return nick_.empty() ? "*" : std::string_view(nick_);
}

std::string IrcClient::mask() { return member() == nullptr ? std::string() : member()->mask(); }

void IrcClient::reply(std::string_view command, std::initializer_list<std::string_view> params) {
  append_irc_line(out_, kIrcServer, command, params);
}

void IrcClient::numeric(std::string_view number, std::initializer_list<std::string_view> params) {
  std::string start(number);
  start += ' ';
  start += nick();
  append_irc_line(out_, kIrcServer, start, params);
}

// After what was collected for the member, so that the answers are in order.
void IrcClient::send_answers() {
  if (out_.empty()) return;
  const std::string text = encode(std::exchange(out_, {}));
  if (member() != nullptr) {
    house().deliver(*member(), text);
  } else if (is_open()) {
    connection().send(text);
  }
}

void IrcClient::say(std::string_view notice) {
  std::string line;
  append_irc_line(line, kIrcServer, "NOTICE", {nick(), notice});
  connection().send(encode(std::move(line)));
}

void IrcClient::end(std::string_view reason) {
  append_irc_line(out_, {}, "ERROR", {"Closing Link: " + irc_reason(reason)});
  send_answers();
  if (member() != nullptr) {
    house().dismiss(*member(), irc_reason(reason));
  } else {
    hang_up();
  }
}

ChatRoom* IrcClient::find_channel(std::string_view name) {
  return name.starts_with('#') ? house().find_room(name.substr(1)) : nullptr;
}

bool IrcClient::can_see(const ChatRoom& room) {
  return !room.modes().secret || member()->is_in(room);
}

ChatRoom* IrcClient::need_channel(std::string_view name) {
  ChatRoom* const room = find_channel(name);
  if (room == nullptr) numeric("403", {irc_word(name), "No such channel"});
  return room;
}

ChatMember* IrcClient::need_member(std::string_view nick) {
  ChatMember* const found = house().find_member(nick);
  if (found == nullptr) numeric("401", {irc_word(nick), "No such nick/channel"});
  return found;
}

void IrcClient::explain(ChatResult result, std::string_view what) {
  switch (result) {
    case ChatResult::invalid_name:
      return numeric("403", {what, "No such channel"});
    case ChatResult::not_in_room:
      return numeric("442", {what, "You're not on that channel"});
    case ChatResult::too_many_rooms:
      return numeric("437", {what, "No more channels can be opened"});
    case ChatResult::too_many_joined:
      return numeric("405", {what, "You have joined too many channels"});
    case ChatResult::room_full:
      return numeric("471", {what, "Cannot join channel (+l)"});
    case ChatResult::invite_only:
      return numeric("473", {what, "Cannot join channel (+i)"});
    case ChatResult::banned:
      return numeric("474", {what, "Cannot join channel (+b)"});
    case ChatResult::wrong_key:
      return numeric("475", {what, "Cannot join channel (+k)"});
    case ChatResult::not_operator:
      return numeric("482", {what, "You're not channel operator"});
    case ChatResult::not_allowed:
      return numeric("404", {what, "Cannot send to channel"});
    default:
      return;
  }
}

// --- Commands ---

std::span<const IrcClient::Command> IrcClient::commands() noexcept {
  using C = IrcClient;
  static constexpr Command kCommands[] = {
      {"PRIVMSG", &C::privmsg, 0, Command::kNoticed},
      {"NOTICE", &C::notice, 0, Command::kNoticed},
      {"TAGMSG", &C::tagmsg, 0, Command::kNoticed},
      {"PING", &C::ping, 0, Command::kEarly},
      {"PONG", &C::pong, 0, Command::kEarly},
      {"CAP", &C::cap, 0, Command::kEarly},
      {"PASS", &C::pass, 1, Command::kEarly},
      {"NICK", &C::set_nick, 0, Command::kEarlyNoticed},
      {"USER", &C::user, 4, Command::kEarly},
      {"QUIT", &C::quit, 0, Command::kEarly},
      {"JOIN", &C::join, 1, Command::kNoticed},
      {"PART", &C::part, 1, Command::kNoticed},
      {"TOPIC", &C::topic, 1, Command::kNoticed},
      {"NAMES", &C::names, 0, Command::kQuery},
      {"LIST", &C::list, 0, Command::kQuery},
      {"KICK", &C::kick, 2, Command::kNoticed},
      {"INVITE", &C::invite, 2, Command::kNoticed},
      {"MODE", &C::mode, 1, Command::kNoticed},
      {"AWAY", &C::away, 0, Command::kNoticed},
      {"OPER", &C::oper, 2, Command::kNoticed},
      {"CHATHISTORY", &C::chathistory, 0, Command::kCostly},
      {"WHO", &C::who, 0, Command::kQuery},
      {"WHOIS", &C::whois, 0, Command::kQuery},
      {"WHOWAS", &C::whowas, 0, Command::kQuery},
      {"USERHOST", &C::userhost, 1, Command::kQuery},
      {"ISON", &C::ison, 1, Command::kQuery},
      {"MOTD", &C::motd, 0, Command::kQuery},
      {"LUSERS", &C::lusers, 0, Command::kQuery},
      {"VERSION", &C::version, 0, Command::kQuery},
      {"TIME", &C::time, 0, Command::kQuery},
      {"INFO", &C::info, 0, Command::kQuery},
      {"ADMIN", &C::admin, 0, Command::kQuery},
      {"LINKS", &C::links, 0, Command::kQuery},
      {"STATS", &C::stats, 0, Command::kQuery},
  };
  return kCommands;
}

IrcClient::Request::Request(std::string_view text) : is_too_long(is_above_limit(text)) {
  if (is_too_long) return;
  if (text.find('\0') != text.npos) {
    cleaned = text;
    std::erase(cleaned, '\0');
    text = cleaned;
  }
  line = parse_irc_line(text);
  name = irc_upper(line.command.substr(0, kMaxEchoed));
  const auto found = std::ranges::find(commands(), name, &Command::name);
  if (found != commands().end()) command = &*found;
}

// MODE and TOPIC of a channel alone only ask.
bool IrcClient::is_counted(const Request& request) const {
  if (member() == nullptr || request.command == nullptr) return false;
  const bool asks = request.line.count < 2 && (request.name == "MODE" || request.name == "TOPIC");
  return request.command->is_counted() && !asks;
}

bool IrcClient::may_handle(const Request& request) {
  if (!is_counted(request)) return true;
  if (!may_read()) return false;
  if (!request.command->is_noticed()) return true;
  if (congestion() == ChatHouse::Congestion::ignore || !must_wait(request.line)) return true;
  wait();
  return false;
}

void IrcClient::handle(const Request& request) {
  const bool counts = is_counted(request);
  if (request.is_too_long) {
    reject_long_line();
  } else if (request.command != nullptr) {
    run(*request.command, request.line);
  } else if (!request.name.empty() && request.name != "ERROR") {  // only servers send ERROR
    std::string shown;
    append_irc_text(shown, request.line.command.substr(0, kMaxEchoed));
    numeric(member() == nullptr ? "451" : "421",
            {shown, member() == nullptr ? "You have not registered" : "Unknown command"});
  }
  if (counts && member() != nullptr) spend();
  send_answers();
}

void IrcClient::reject_long_line() { numeric("417", {"Input line was too long"}); }

void IrcClient::run(const Command& command, const IrcLine& line) {
  if (member() == nullptr && !command.is_early()) {
    return numeric("451", {command.name, "You have not registered"});
  }
  if (line.count < command.params) {
    return numeric("461", {command.name, "Not enough parameters"});
  }
  (this->*command.run)(line);
}

// Some member that could receive the line is behind.
bool IrcClient::must_wait(const IrcLine& line) {
  if (house().is_congested(*member())) return true;
  std::string_view targets = line.param(0);
  while (!targets.empty()) {
    const std::string_view target = take_irc_item(targets);
    if (const ChatRoom* room = find_channel(target)) {
      if (room->is_congested()) return true;
    } else if (const ChatMember* one = house().find_member(target)) {
      if (one->behind() && one != member()) return true;
    }
  }
  return false;
}

}  // namespace sluice
