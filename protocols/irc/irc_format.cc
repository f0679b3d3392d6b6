#include "irc_format.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "irc_line.h"

namespace sluice {
namespace {

using Kind = ChatEvent::Kind;

constexpr std::string_view kActionStart =
    "\x01"
    "ACTION ";
constexpr std::string_view kActionEnd = "\x01";
// Bytes of "user@host" that a line shows. A front of the program's own may give a longer one, and
// a line must have room for its text.
constexpr std::size_t kMaxOrigin = 128;

class IrcFormat final : public ChatFormat {
 public:
  constexpr IrcFormat(bool has_time, bool has_tags, bool has_away) noexcept
      : has_time_(has_time), has_tags_(has_tags), has_away_(has_away) {}

  void append(std::string& to, const ChatEvent& event) const override {
    switch (event.kind) {
      case Kind::said:
        return append_text(to, event, "PRIVMSG", {}, {});
      case Kind::acted:
        return append_text(to, event, "PRIVMSG", kActionStart, kActionEnd);
      case Kind::noticed:
        return append_text(to, event, "NOTICE", {}, {});
      case Kind::tagged:
        if (has_tags_) append_line(to, event, "TAGMSG", {target_of(event)});
        return;
      case Kind::house:
        append_tags(to, event, false);
        return append_irc_line(to, kIrcServer, "NOTICE", {event.target, clean(event.text)});
      case Kind::away:
        if (!has_away_) return;
        if (event.text.empty()) return append_line(to, event, "AWAY", {});
        return append_line(to, event, "AWAY", {clean(event.text)});
      default:
        return append_change(to, event);
    }
  }

 private:
  static std::string clean(std::string_view text) {
    std::string cleaned;
    append_irc_text(cleaned, text);
    return cleaned;
  }

  static std::string source_of(const ChatEvent& event) {
    std::string source(event.author);
    source += '!';
    source += cut_utf8(event.origin, kMaxOrigin);
    return source;
  }

  static std::string channel_of(const ChatEvent& event) {
    std::string channel = "#";
    channel += event.room;
    return channel;
  }

  static std::string target_of(const ChatEvent& event) {
    return event.room.empty() ? std::string(event.target) : channel_of(event);
  }

  // Each is one of its kind: the second line of a long message has no number.
  void append_tags(std::string& to, const ChatEvent& event, bool has_msgid) const {
    const std::size_t start = to.size();
    const auto begin_tag = [&to, start] { to += to.size() == start ? '@' : ';'; };
    if (has_time_) {
      begin_tag();
      to += "time=" + irc_time(event.time);
    }
    if (has_tags_ && has_msgid && event.id != 0) {
      begin_tag();
      to += "msgid=" + irc_msgid(IrcPlace::of(event));
    }
    if (has_tags_ && !event.tags.empty()) {
      begin_tag();
      to += event.tags;
    }
    if (to.size() != start) to += ' ';
  }

  void append_line(std::string& to, const ChatEvent& event, std::string_view command,
                   std::initializer_list<std::string_view> params) const {
    append_tags(to, event, event.kind == Kind::tagged);
    append_irc_line(to, source_of(event), command, params);
  }

  // As many lines as the text needs.
  void append_text(std::string& to, const ChatEvent& event, std::string_view command,
                   std::string_view before, std::string_view after) const {
    std::string head = ':' + source_of(event) + ' ' + std::string(command) + ' ';
    head += target_of(event);
    head += " :";
    head += before;
    const std::string cleaned = clean(event.text);
    const std::size_t space = kMaxIrcBody - head.size() - after.size();
    std::string_view rest = cleaned;
    bool is_first = true;
    do {
      const std::string_view part = cut_utf8(rest, space);
      append_tags(to, event, is_first);
      is_first = false;
      to += head;
      to += part;
      to += after;
      to += "\r\n";
      rest.remove_prefix(part.size());
    } while (!rest.empty());
  }

  void append_change(std::string& to, const ChatEvent& event) const {
    const std::string channel = channel_of(event);
    switch (event.kind) {
      case Kind::joined:
        return append_line(to, event, "JOIN", {channel});
      case Kind::left:
        if (!event.target.empty()) {
          return append_line(to, event, "PART", {channel, "went to #" + std::string(event.target)});
        }
        if (event.text.empty()) return append_line(to, event, "PART", {channel});
        return append_line(to, event, "PART", {channel, clean(event.text)});
      case Kind::quit:
        return append_line(to, event, "QUIT", {clean(event.text)});
      case Kind::renamed:
        return append_line(to, event, "NICK", {event.target});
      case Kind::topic:
        return append_line(to, event, "TOPIC", {channel, clean(event.text)});
      case Kind::kicked:
        return append_line(to, event, "KICK",
                           {channel, event.target,
                            event.text.empty() ? std::string(event.author) : clean(event.text)});
      case Kind::invited:
        return append_line(to, event, "INVITE", {event.target, channel});
      case Kind::mode:
        append_tags(to, event, false);
        to += ':' + source_of(event) + " MODE " + channel + ' ';
        to += event.text;  // several parameters
        to += "\r\n";
        return;
      default:
        return;
    }
  }

  bool has_time_;
  bool has_tags_;
  bool has_away_;
};

constexpr std::array<IrcFormat, IrcCapabilities::kFormats> kFormatTable = {
    IrcFormat(false, false, false), IrcFormat(true, false, false), IrcFormat(false, true, false),
    IrcFormat(true, true, false),   IrcFormat(false, false, true), IrcFormat(true, false, true),
    IrcFormat(false, true, true),   IrcFormat(true, true, true)};

}  // namespace

const ChatFormat& IrcCapabilities::format(std::size_t index) noexcept {
  return kFormatTable[index];
}

std::string irc_time(ChatTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string irc_msgid(const IrcPlace& place) {
  std::array<char, 40> text{};
  const auto time = static_cast<std::uint64_t>(place.time.time_since_epoch().count());
  char* end = std::to_chars(text.data(), text.data() + text.size(), time, 16).ptr;
  *end++ = '-';
  end = std::to_chars(end, text.data() + text.size(), place.id).ptr;
  return {text.data(), end};
}

std::optional<IrcPlace> irc_place(std::string_view msgid) {
  const char* const end = msgid.data() + msgid.size();
  std::uint64_t time = 0;
  IrcPlace place;
  const auto first = std::from_chars(msgid.data(), end, time, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return {};
  const auto second = std::from_chars(first.ptr + 1, end, place.id);
  if (second.ec != std::errc() || second.ptr != end) return {};
  place.time = ChatTime(ChatTime::duration(static_cast<std::int64_t>(time)));
  // There is one form of each: no capitals, no zeros in front.
  if (irc_msgid(place) != msgid) return {};
  return place;
}

}  // namespace sluice
