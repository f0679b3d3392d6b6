#include "chat_news_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "../chat/chat_name.h"
#include "bus_record.h"

namespace sluice::chat_news {
namespace {

using Kind = ChatEvent::Kind;

constexpr std::string_view kRecorded = "1";

// A letter for each kind, so that an older house does not take a new kind for another one.
constexpr std::array kLetters = {
    std::pair{Kind::said, 's'},   std::pair{Kind::acted, 'a'},   std::pair{Kind::noticed, 'n'},
    std::pair{Kind::tagged, 't'}, std::pair{Kind::joined, 'j'},  std::pair{Kind::left, 'l'},
    std::pair{Kind::quit, 'q'},   std::pair{Kind::renamed, 'r'}, std::pair{Kind::topic, 'c'},
    std::pair{Kind::kicked, 'k'}, std::pair{Kind::invited, 'i'}, std::pair{Kind::away, 'w'},
    std::pair{Kind::mode, 'm'}};

std::string letter_of(Kind kind) {
  const auto found = std::ranges::find(kLetters, kind, &std::pair<Kind, char>::first);
  return found == kLetters.end() ? std::string() : std::string(1, found->second);
}

std::optional<Kind> kind_of(std::string_view letter) noexcept {
  const auto is_it = [letter](const auto& each) {
    return letter == std::string_view(&each.second, 1);
  };
  const auto found = std::ranges::find_if(kLetters, is_it);
  if (found == kLetters.end()) return std::nullopt;
  return found->first;
}

}  // namespace

bool take_lines(std::string_view& fields, std::span<std::string_view> lines) noexcept {
  for (std::string_view& line : lines) {
    const auto field = take_bus_field(fields);
    if (!field || field->find('\n') != field->npos) return false;
    line = *field;
  }
  return true;
}

std::string write(std::string_view letter, const ChatNews& news) {
  std::string text;
  const ChatEvent& event = news.event;
  const bool is_recorded = news.reach != ChatNews::Reach::members;
  const std::string kind = letter_of(event.kind);
  append_bus_fields(text, {letter, kind, event.room, event.author, event.origin, event.target,
                           event.text, event.tags, is_recorded ? kRecorded : std::string_view()});
  for (const std::string_view room : news.rooms) append_bus_field(text, room);
  return text;
}

std::optional<Read> read(std::string_view fields, When when) {
  constexpr std::size_t kCount = 8;
  std::array<std::string_view, kCount> parts;
  if (!take_lines(fields, parts)) return std::nullopt;
  const auto kind = kind_of(parts[0]);
  if (!kind || !is_chat_nick(parts[2])) return std::nullopt;
  if (!parts[1].empty() && !is_chat_name(parts[1])) return std::nullopt;
  Read result;
  ChatEvent& event = result.event;
  event.kind = *kind;
  event.time = when.time;
  event.number = when.place;
  event.room = parts[1];
  event.author = parts[2];
  event.origin = parts[3];
  event.target = parts[4];
  event.text = parts[5];
  event.tags = parts[6];
  result.is_recorded = parts[7] == kRecorded;
  while (const auto room = take_bus_field(fields)) result.rooms.push_back(*room);
  return result;
}

}  // namespace sluice::chat_news
