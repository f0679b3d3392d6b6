// How a client registers, and how it leaves.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "../../reactor/base/version.h"
#include "../chat/chat_name.h"
#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxUser = 16;
constexpr std::size_t kMaxRealName = 128;
constexpr std::size_t kMaxSubcommand = 32;  // bytes of an unknown one that the answer repeats

struct Capability {
  std::string_view name;
  bool IrcCapabilities::*flag;
};

constexpr std::array kCapabilities = {
    Capability{"message-tags", &IrcCapabilities::message_tags},
    Capability{"server-time", &IrcCapabilities::server_time},
    Capability{"echo-message", &IrcCapabilities::echo_message},
    Capability{"multi-prefix", &IrcCapabilities::multi_prefix},
    Capability{"userhost-in-names", &IrcCapabilities::userhost_in_names},
    Capability{"away-notify", &IrcCapabilities::away_notify},
    Capability{"batch", &IrcCapabilities::batch},
    Capability{"draft/chathistory", &IrcCapabilities::chathistory},
};

// A nick begins with a letter, so that nobody takes it for a number or an option.
bool is_irc_nick(std::string_view nick) noexcept {
  return is_chat_nick(nick) && nick.front() != '-' && (nick.front() < '0' || nick.front() > '9');
}

constexpr bool is_user_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// "302" or more: IRCv3, capability negotiation.
bool has_values(std::string_view version) noexcept {
  unsigned number = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), number);
  return read.ec == std::errc() && number >= 302;
}

}  // namespace

// --- Capabilities ---

void IrcClient::cap(const IrcLine& line) {
  const std::string subcommand = irc_upper(line.param(0).substr(0, kMaxSubcommand));
  const bool is_registered = member() != nullptr;
  if (subcommand == "LS") {
    negotiates_ = !is_registered;
    return cap_list(true, "LS", has_values(line.param(1)));
  }
  if (subcommand == "LIST") return cap_list(false, "LIST", false);
  if (subcommand == "REQ") {
    negotiates_ = !is_registered;
    return cap_request(line.param(1));
  }
  if (subcommand == "END") {
    negotiates_ = false;
    return register_if_complete();
  }
  std::string shown;
  append_irc_text(shown, subcommand.empty() ? "*" : subcommand);
  numeric("410", {shown, "Invalid CAP command"});
}

// `values`: the client reads those of capabilities.
void IrcClient::cap_list(bool all, std::string_view subcommand, bool values) {
  std::string names;
  for (const Capability& one : kCapabilities) {
    if (!all && !(capabilities_.*one.flag)) continue;
    if (!names.empty()) names += ' ';
    names += one.name;
  }
  // It cannot be requested. Over TLS a client ignores the port, and otherwise the duration.
  if (values && options_.sts_port != 0) {
    names += " sts=port=" + std::to_string(options_.sts_port) +
             ",duration=" + std::to_string(options_.sts_duration.count());
  }
  out_ += ':' + std::string(kIrcServer) + " CAP " + std::string(nick()) + ' ' +
          std::string(subcommand) + " :" + names + "\r\n";
}

// All of them, or none.
void IrcClient::cap_request(std::string_view wanted) {
  IrcCapabilities changed = capabilities_;
  bool is_known = true;
  for (std::string_view rest = wanted; !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name.empty()) continue;
    const bool removes = name.starts_with('-');
    if (removes) name.remove_prefix(1);
    const auto found = std::ranges::find(kCapabilities, name, &Capability::name);
    if (found == kCapabilities.end()) {
      is_known = false;
    } else {
      changed.*found->flag = !removes;
    }
  }
  std::string shown;
  append_irc_text(shown, wanted);
  out_ += ':' + std::string(kIrcServer) + " CAP " + std::string(nick()) +
          (is_known ? " ACK :" : " NAK :") + std::string(cut_utf8(shown, 400)) + "\r\n";
  if (!is_known) return;
  capabilities_ = changed;
  apply_format();
}

void IrcClient::apply_format() {
  if (member() == nullptr) return;
  house().set_format(*member(), format_of(capabilities_), capabilities_.echo_message);
}

// --- Registration ---

void IrcClient::pass(const IrcLine& /*line*/) {
  if (member() != nullptr) numeric("462", {"You may not reregister"});
}

void IrcClient::set_nick(const IrcLine& line) {
  const std::string_view wanted = line.param(0);
  if (wanted.empty()) return numeric("431", {"No nickname given"});
  std::string shown;
  append_irc_text(shown, wanted.substr(0, kMaxChatName));
  std::erase(shown, ' ');
  if (shown.empty() || shown.front() == ':') shown = "*";
  const auto result =
      is_irc_nick(wanted) ? house().check_nick(wanted, member()) : ChatResult::invalid_name;
  switch (result) {
    case ChatResult::ok:
      break;
    case ChatResult::name_taken:
      return numeric("433", {shown, "Nickname is already in use"});
    case ChatResult::name_reserved:
      return numeric("432", {shown, "That nickname is reserved"});
    default:
      return numeric("432", {shown, "Erroneous nickname"});
  }
  if (member() != nullptr) {
    (void)house().set_nick(*member(), wanted);
    return;
  }
  nick_ = wanted;
  register_if_complete();
}

void IrcClient::user(const IrcLine& line) {
  if (member() != nullptr || !user_.empty()) return numeric("462", {"You may not reregister"});
  if (line.param(3).empty()) return numeric("461", {"USER", "Not enough parameters"});
  std::string user = "~";
  for (const char c : line.param(0)) {
    if (is_user_byte(c) && user.size() < kMaxUser) user += c;
  }
  user_ = user.size() > 1 ? user : "~user";
  append_irc_text(real_name_, line.param(3));
  real_name_ = cut_utf8(real_name_, kMaxRealName);
  register_if_complete();
}

void IrcClient::register_if_complete() {
  if (member() != nullptr || nick_.empty() || user_.empty() || negotiates_) return;
  // Another client may have taken the name meanwhile.
  if (house().check_nick(nick_, nullptr) != ChatResult::ok) {
    const std::string taken = std::exchange(nick_, {});
    return numeric("433", {taken, "Nickname is already in use"});
  }
  const std::string origin = desk().origin_of(user_, connection().peer());
  set_member(house().enter({.outlet = *this,
                            .format = format_of(capabilities_),
                            .nick = nick_,
                            .origin = origin,
                            .about = real_name_,
                            .one_room = false,
                            .reads_itself = capabilities_.echo_message,
                            .is_operator = is_peer_operator()}));
  if (member() == nullptr) {
    return end("the chat is full: at most " + std::to_string(house().rules().max_members) +
               " members; try again later");
  }
  welcome();
}

void IrcClient::welcome() {
  numeric("001", {"Welcome to the " + options_.network + " network, " + mask()});
  numeric("002", {"Your host is " + std::string(kIrcServer) + ", running sluice " +
                  std::string(SLUICE_VERSION_STRING)});
  numeric("003", {"This server was started for you to talk"});
  out_ += ':' + std::string(kIrcServer) + " 004 " + std::string(nick()) + ' ' +
          std::string(kIrcServer) + " sluice-" + SLUICE_VERSION_STRING +
          " io biklmnoqstv bkloqv\r\n";
  isupport();
  lusers({});
  motd({});
  if (member()->is_operator()) become_operator();
}

void IrcClient::oper(const IrcLine& line) {
  switch (house().log_in(*member(), line.param(0), line.param(1))) {
    case ChatResult::ok:
      return become_operator();
    case ChatResult::too_soon:
    case ChatResult::too_often:
      return numeric("263", {"OPER", "Please wait a while and try again."});
    case ChatResult::not_allowed:
      return numeric("491", {"No O-lines for your host"});
    default:
      return numeric("464", {"Password incorrect"});
  }
}

void IrcClient::become_operator() {
  append_irc_line(out_, mask(), "MODE", {nick(), "+o"});
  numeric("381", {"You are now an IRC operator"});
}

void IrcClient::isupport() {
  const ChatRules& rules = house().rules();
  const std::string bans = std::to_string(rules.max_bans);
  const std::string name = std::to_string(kMaxChatName);
  const std::string head = ':' + std::string(kIrcServer) + " 005 " + std::string(nick()) + ' ';
  const std::string tail = " :are supported by this server\r\n";
  out_ += head +
          "CASEMAPPING=rfc1459 CHANTYPES=# CHANMODES=bq,k,l,imnst PREFIX=(ov)@+ NICKLEN=" + name +
          " CHANNELLEN=" + std::to_string(kMaxChatName + 1) +
          " TOPICLEN=" + std::to_string(kMaxTopicOfIrc) +
          " KICKLEN=" + std::to_string(kMaxTopicOfIrc) +
          " AWAYLEN=" + std::to_string(kMaxTopicOfIrc) +
          " KEYLEN=" + std::to_string(ChatHouse::kMaxKey) + " USERLEN=" + std::to_string(kMaxUser) +
          tail;
  out_ += head + "CHANLIMIT=#:" + std::to_string(rules.max_joined) + " MAXLIST=b:" + bans +
          ",q:" + bans + " MODES=" + std::to_string(kMaxModeChanges) +
          " NETWORK=" + options_.network + " TARGMAX=PRIVMSG:" + std::to_string(kMaxTargets) +
          ",NOTICE:" + std::to_string(kMaxTargets) + ",TAGMSG:" + std::to_string(kMaxTargets) +
          ",JOIN:,PART:,KICK:,NAMES:,WHOIS:1 CHATHISTORY=" + std::to_string(kMaxIrcHistory) +
          " MSGREFTYPES=msgid,timestamp" + tail;
}

// --- The end ---

void IrcClient::ping(const IrcLine& line) {
  if (line.param(0).empty()) return numeric("409", {"No origin specified"});
  std::string token;
  append_irc_text(token, line.param(0));
  out_ += ':' + std::string(kIrcServer) + " PONG " + std::string(kIrcServer) + " :" +
          std::string(cut_utf8(token, 400)) + "\r\n";
}

void IrcClient::pong(const IrcLine& /*line*/) {}

void IrcClient::quit(const IrcLine& line) {
  const std::string_view reason = line.param(0);
  end(reason.empty() ? std::string_view("Quit") : reason);
}

}  // namespace sluice
