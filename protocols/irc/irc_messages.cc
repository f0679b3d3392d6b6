// PRIVMSG, NOTICE, TAGMSG and AWAY.
#include <string>

#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

constexpr std::string_view kAction =
    "\x01"
    "ACTION ";

// Those that a client may pass on to others: the ones that begin with a plus.
std::string client_tags(std::string_view tags) {
  std::string kept;
  while (!tags.empty()) {
    const std::string_view tag = tags.substr(0, tags.find(';'));
    tags.remove_prefix(std::min(tag.size() + 1, tags.size()));
    if (!tag.starts_with('+')) continue;
    if (!kept.empty()) kept += ';';
    append_irc_text(kept, tag);
  }
  return kept;
}

}  // namespace

void IrcClient::privmsg(const IrcLine& line) { send_to(line, Kind::said, true); }

// RFC 1459: never answered, so that two programs do not answer each other for ever.
void IrcClient::notice(const IrcLine& line) { send_to(line, Kind::noticed, false); }

void IrcClient::tagmsg(const IrcLine& line) {
  if (line.count < 1) return numeric("461", {"TAGMSG", "Not enough parameters"});
  send_to(line, Kind::tagged, true);
}

void IrcClient::send_to(const IrcLine& line, Kind kind, bool explains) {
  const bool has_text = kind == Kind::tagged || !line.param(1).empty();
  if (line.param(0).empty()) {
    if (explains) numeric("411", {"No recipient given"});
    return;
  }
  if (!has_text) {
    if (explains) numeric("412", {"No text to send"});
    return;
  }
  std::string_view text = kind == Kind::tagged ? std::string_view() : line.param(1);
  const std::string tags = client_tags(line.tags);
  if (kind == Kind::said && text.starts_with(kAction)) {
    kind = Kind::acted;
    text.remove_prefix(kAction.size());
    if (text.ends_with('\x01')) text.remove_suffix(1);
  }
  std::string_view targets = line.param(0);
  for (std::size_t count = 0; !targets.empty(); ++count) {
    const std::string_view target = take_irc_item(targets);
    if (count == kMaxTargets) {
      if (explains) numeric("407", {irc_word(target), "Too many recipients"});
      return;
    }
    send_one(target, kind, text, tags, explains);
  }
}

void IrcClient::send_one(std::string_view target, Kind kind, std::string_view text,
                         std::string_view tags, bool explains) {
  constexpr auto kIgnore = ChatHouse::Congestion::ignore;  // must_wait() has asked
  if (target.starts_with('#')) {
    ChatRoom* const room = find_channel(target);
    if (room == nullptr) {
      if (explains) numeric("403", {irc_word(target), "No such channel"});
      return;
    }
    const ChatResult result = house().say(*member(), *room, kind, text, kIgnore, tags);
    if (explains) explain(result, irc_channel(*room));
    return;
  }
  ChatMember* const one = house().find_member(target);
  if (one == nullptr) {
    if (explains) numeric("401", {irc_word(target), "No such nick/channel"});
    return;
  }
  (void)house().tell(*member(), *one, kind, text, kIgnore, tags);
  if (explains && kind != Kind::tagged && !one->away().empty()) {
    numeric("301", {one->nick(), one->away()});
  }
}

void IrcClient::away(const IrcLine& line) {
  house().set_away(*member(), irc_reason(line.param(0)));
  if (line.param(0).empty()) {
    numeric("305", {"You are no longer marked as being away"});
  } else {
    numeric("306", {"You have been marked as being away"});
  }
}

}  // namespace sluice
