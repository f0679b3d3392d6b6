#include "irc_client.h"

#include <algorithm>
#include <utility>

#include "../codec/find_byte.h"
#include "irc_command.h"

namespace sluice {
namespace {

constexpr std::byte kLineFeed{'\n'};
constexpr std::size_t kMaxLine = kMaxIrcTags + kMaxIrcBody + 2;
constexpr std::size_t kMaxEchoed = 32;  // bytes of an unknown command that the answer repeats

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

}  // namespace

// --- The connection ---

void IrcClient::on_open(Connection& connection) { (void)attach(connection); }

std::size_t IrcClient::on_data(Connection& connection, std::span<const std::byte> in) {
  std::size_t consumed = 0;
  bool completed = false;
  while (consumed < in.size() && !connection.paused() && is_open()) {
    const auto rest = in.subspan(consumed);
    const std::size_t end = find_byte(rest, kLineFeed);
    if (end == rest.size()) {
      if (rest.size() <= kMaxLine) break;
      if (!std::exchange(is_skipping_, true)) numeric("417", {"Input line was too long"});
      send(std::exchange(out_, {}));
      return in.size();
    }
    std::string_view line(reinterpret_cast<const char*>(rest.data()), end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!std::exchange(is_skipping_, false)) {
      const Handled handled = handle(line);
      send(std::exchange(out_, {}));
      if (handled == Handled::later) break;
    }
    consumed += end + 1;
    completed = true;
    if (!connection.may_continue()) break;
  }
  connection.note_messages(completed, consumed < in.size());
  return is_open() ? consumed : in.size();
}

void IrcClient::on_eof(Connection& connection) {
  leave("Connection closed");
  connection.close();
}

void IrcClient::on_drain(Connection& /*connection*/) { drain(); }

void IrcClient::on_writable(Connection& /*connection*/) { catch_up(); }

void IrcClient::on_close(Connection& connection, std::error_code /*reason*/) {
  close(connection.close_reason());
}

void IrcClient::report_dropped(std::uint64_t bytes) {
  std::string text;
  append_irc_line(text, kIrcServer, "NOTICE",
                  {nick(), std::to_string(bytes) + " bytes were dropped: you read too slowly"});
  connection().send(text);
}

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
void IrcClient::send(std::string_view text) {
  if (text.empty()) return;
  if (member() != nullptr) {
    house().deliver(*member(), text);
  } else if (is_open()) {
    connection().send(text);
  }
}

void IrcClient::end(std::string_view reason) {
  append_irc_line(out_, {}, "ERROR", {"Closing Link: " + std::string(reason)});
  send(std::exchange(out_, {}));
  if (member() != nullptr) {
    house().dismiss(*member(), reason);
  } else {
    connection().close();
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
  if (room != nullptr) return room;
  numeric("403", {name, "No such channel"});
  return nullptr;
}

ChatMember* IrcClient::need_member(std::string_view nick) {
  ChatMember* const found = house().find_member(nick);
  if (found == nullptr) numeric("401", {nick.empty() ? "*" : nick, "No such nick/channel"});
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
      {"WHO", &C::who, 0, Command::kQuery},
      {"WHOIS", &C::whois, 0, Command::kQuery},
      {"WHOWAS", &C::whowas, 0, Command::kQuery},
      {"USERHOST", &C::userhost, 1, Command::kQuery},
      {"ISON", &C::ison, 1, Command::kQuery},
      {"MOTD", &C::motd, 0, Command::kQuery},
      {"LUSERS", &C::lusers, 0, Command::kQuery},
      {"VERSION", &C::version, 0, Command::kQuery},
      {"TIME", &C::time, 0, Command::kQuery},
  };
  return kCommands;
}

IrcClient::Handled IrcClient::handle(std::string_view text) {
  if (text.size() - irc_body_size(text) > kMaxIrcTags || irc_body_size(text) > kMaxIrcBody) {
    numeric("417", {"Input line was too long"});
    return Handled::yes;
  }
  const std::string cleaned = text.find('\0') == text.npos ? std::string() : [text] {
    std::string without(text);
    std::erase(without, '\0');
    return without;
  }();
  const IrcLine line = parse_irc_line(cleaned.empty() ? text : std::string_view(cleaned));
  if (line.command.empty()) return Handled::yes;
  const std::string name = upper(line.command.substr(0, kMaxEchoed));
  if (name == "ERROR") return Handled::yes;  // only servers send it
  const auto command = std::ranges::find(commands(), name, &Command::name);
  if (command == commands().end()) {
    std::string shown;
    append_irc_text(shown, line.command.substr(0, kMaxEchoed));
    numeric(member() == nullptr ? "451" : "421",
            {shown, member() == nullptr ? "You have not registered" : "Unknown command"});
    return Handled::yes;
  }
  // MODE and TOPIC of a channel alone only ask.
  const bool asks = line.count < 2 && (name == "MODE" || name == "TOPIC");
  const bool is_noticed = member() != nullptr && command->is_noticed() && !asks;
  if (is_noticed) {
    if (!may_read()) return Handled::later;
    if (congestion() == ChatHouse::Congestion::wait && must_wait(line)) {
      wait();
      return Handled::later;
    }
  }
  run(*command, line);
  if (is_noticed && member() != nullptr) spend();
  return Handled::yes;
}

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
