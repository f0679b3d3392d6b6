// MODE, of channels and of the client itself.
#include <string>
#include <utility>

#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::string_view kFlags = "imnst";
constexpr std::string_view kWithParameter = "ovbqk";
// Flags of one line. The event that repeats them fits in one line together with kMaxModeChanges
// masks of ChatHouse::kMaxMask bytes.
constexpr std::size_t kMaxModeFlags = 24;

}  // namespace

// The changes of a MODE so far, as its event writes them: "+o-v ann bob".
struct IrcClient::ModeChanges {
  bool adds = true;
  char sign = 0;  // of the last flag
  std::string flags = {};
  std::string params = {};

  void add(char letter, const std::string& parameter) {
    const char wanted = adds ? '+' : '-';
    if (sign != wanted) flags += wanted;
    sign = wanted;
    flags += letter;
    if (parameter.empty()) return;
    params += ' ';
    params += parameter;
  }
};

void IrcClient::mode(const IrcLine& line) {
  const std::string_view target = line.param(0);
  if (!target.starts_with('#')) return user_mode(line);
  ChatRoom* const room = need_channel(target);
  if (room == nullptr) return;
  const std::string_view changes = line.param(1);
  if (changes.empty()) return send_modes(*room);
  if (line.count == 2 && (changes == "b" || changes == "+b")) return send_bans(*room);
  if (line.count == 2 && (changes == "q" || changes == "+q")) return send_mutes(*room);
  change_modes(*room, line);
}

void IrcClient::user_mode(const IrcLine& line) {
  const ChatMember* const target = need_member(line.param(0));
  if (target == nullptr) return;
  if (target != member()) return numeric("502", {"Cannot change mode for other users"});
  if (line.count < 2) {
    std::string flags = is_invisible_ ? "+i" : "+";
    if (member()->is_operator()) flags += 'o';
    return numeric("221", {flags});
  }
  bool adds = true;
  for (const char c : line.param(1)) {
    if (c == '+' || c == '-') {
      adds = c == '+';
    } else if (c == 'o') {
      if (adds || !member()->is_operator()) continue;  // RFC 2812, section 3.1.5
      house().set_operator(*member(), false);
      append_irc_line(out_, mask(), "MODE", {nick(), "-o"});
    } else if (c != 'i') {
      return numeric("501", {"Unknown MODE flag"});
    } else if (is_invisible_ != adds) {
      is_invisible_ = adds;
      append_irc_line(out_, mask(), "MODE", {nick(), adds ? "+i" : "-i"});
    }
  }
}

void IrcClient::send_modes(const ChatRoom& room) {
  const ChatRoomModes& modes = room.modes();
  std::string params;
  if (!modes.key.empty()) params += ' ' + (member()->is_in(room) ? modes.key : std::string("*"));
  if (modes.limit != 0) params += ' ' + std::to_string(modes.limit);
  const std::string channel = irc_channel(room);
  out_ += ':' + std::string(kIrcServer) + " 324 " + std::string(nick()) + ' ' + channel + ' ' +
          chat_mode_flags(modes) + params + "\r\n";
  numeric("329", {channel, irc_seconds(room.created())});
}

void IrcClient::send_bans(const ChatRoom& room) {
  const std::string channel = irc_channel(room);
  for (const ChatBan& ban : room.modes().bans) {
    numeric("367", {channel, ban.mask, ban.author, irc_seconds(ban.time)});
  }
  numeric("368", {channel, "End of channel ban list"});
}

void IrcClient::send_mutes(const ChatRoom& room) {
  const std::string channel = irc_channel(room);
  for (const ChatBan& mute : room.modes().mutes) {
    numeric("728", {channel, "q", mute.mask, mute.author, irc_seconds(mute.time)});
  }
  numeric("729", {channel, "q", "End of channel quiet list"});
}

// All changes of one line make one event.
void IrcClient::change_modes(ChatRoom& room, const IrcLine& line) {
  const std::string channel = irc_channel(room);
  if (!member()->is_in(room)) return explain(ChatResult::not_in_room, channel);
  if (!ChatHouse::operates(room, *member())) {
    return explain(ChatResult::not_operator, channel);
  }
  ModeChanges changes;
  std::size_t next = 2;
  std::size_t with_parameter = 0;
  bool shows_bans = false;
  bool shows_mutes = false;
  for (const char c : line.param(1)) {
    if (changes.flags.size() >= kMaxModeFlags) break;
    if (c == '+' || c == '-') {
      changes.adds = c == '+';
      continue;
    }
    const bool takes_one = kWithParameter.find(c) != kWithParameter.npos;
    const bool needs = takes_one || (c == 'l' && changes.adds);
    if (!takes_one && c != 'l' && kFlags.find(c) == kFlags.npos) {
      numeric("472", {irc_word({&c, 1}), "is unknown mode char to me"});
    } else if (!needs) {
      change_mode(room, changes, c, {});
    } else if (c == 'b' && next >= line.count) {
      if (!std::exchange(shows_bans, true)) send_bans(room);  // once, however often it is asked
    } else if (c == 'q' && next >= line.count) {
      if (!std::exchange(shows_mutes, true)) send_mutes(room);
    } else if (next >= line.count && (c != 'k' || changes.adds)) {
      numeric("461", {"MODE", "Not enough parameters"});
    } else if (++with_parameter <= kMaxModeChanges) {
      change_mode(room, changes, c, line.param(next++));
    }
  }
  if (changes.flags.empty()) return;
  house().announce_modes(*member(), room, changes.flags + changes.params);
}

void IrcClient::change_mode(ChatRoom& room, ModeChanges& changes, char letter,
                            std::string_view parameter) {
  const std::string channel = irc_channel(room);
  const std::string word = irc_word(parameter);
  const bool names_member = letter == 'o' || letter == 'v';
  if (names_member && house().find_member(parameter) == nullptr) {
    return numeric("401", {word, "No such nick/channel"});
  }
  const ChatModeChange change{
      .adds = changes.adds, .letter = letter, .parameter = std::string(parameter)};
  std::string written;
  switch (house().apply_mode(*member(), room, change, written)) {
    case ChatResult::ok:
      changes.add(letter, written);
      return;
    case ChatResult::target_absent:
      return numeric("441", {word, channel, "They aren't on that channel"});
    case ChatResult::list_full:
      return numeric("478", {channel, word, "Channel ban list is full"});
    case ChatResult::invalid_name:
    case ChatResult::too_long:
      return numeric("696",
                     {channel, std::string_view(&letter, 1), word, "Invalid mode parameter"});
    case ChatResult::not_operator:
      return explain(ChatResult::not_operator, channel);
    default:
      return;
  }
}

}  // namespace sluice
