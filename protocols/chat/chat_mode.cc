#include "chat_mode.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "chat_house.h"
#include "chat_name.h"

namespace sluice {

bool matches_chat_mask(std::string_view mask, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = mask.npos;  // the last * that was reached
  std::size_t resume = 0;        // where the text goes on if that * takes one byte more
  for (std::size_t i = 0; i < text.size();) {
    if (at < mask.size() && mask[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < mask.size() &&
               (mask[at] == '?' || lower_chat_byte(mask[at]) == lower_chat_byte(text[i]))) {
      ++at;
      ++i;
    } else if (star != mask.npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  return mask.find_first_not_of('*', at) == mask.npos;
}

std::string chat_mode_flags(const ChatRoomModes& modes) {
  std::string flags = "+";
  if (modes.invite_only) flags += 'i';
  if (modes.moderated) flags += 'm';
  if (modes.members_only) flags += 'n';
  if (modes.secret) flags += 's';
  if (modes.topic_is_locked) flags += 't';
  if (!modes.key.empty()) flags += 'k';
  if (modes.limit != 0) flags += 'l';
  return flags;
}

namespace {

// Also where char is unsigned: the events of other members repeat a key or a mask unchanged.
constexpr bool is_printable(char c) noexcept { return c >= 0x21 && c <= 0x7E; }

bool ChatRoomModes::*flag_of(char letter) noexcept {
  switch (letter) {
    case 'i':
      return &ChatRoomModes::invite_only;
    case 'm':
      return &ChatRoomModes::moderated;
    case 'n':
      return &ChatRoomModes::members_only;
    case 's':
      return &ChatRoomModes::secret;
    case 't':
      return &ChatRoomModes::topic_is_locked;
    default:
      return nullptr;
  }
}

ChatResult set(bool& flag, bool value) {
  return std::exchange(flag, value) == value ? ChatResult::already_there : ChatResult::ok;
}

ChatResult set_limit(ChatRoomModes& modes, bool adds, std::string& parameter) {
  std::uint32_t limit = 0;
  if (adds) {
    const char* const end = parameter.data() + parameter.size();
    const auto [stop, error] = std::from_chars(parameter.data(), end, limit);
    if (error != std::errc() || stop != end || limit == 0) return ChatResult::invalid_name;
    parameter = std::to_string(limit);
  } else {
    parameter.clear();
  }
  return std::exchange(modes.limit, limit) == limit ? ChatResult::already_there : ChatResult::ok;
}

ChatResult set_key(ChatRoomModes& modes, bool adds, std::string& parameter) {
  if (!adds) {
    if (modes.key.empty()) return ChatResult::already_there;
    modes.key.clear();
    parameter = "*";
    return ChatResult::ok;
  }
  const auto is_bad = [](char c) { return !is_printable(c) || c == ',' || c == ':'; };
  if (parameter.empty() || std::ranges::any_of(parameter, is_bad)) return ChatResult::invalid_name;
  if (parameter.size() > ChatHouse::kMaxKey) return ChatResult::too_long;
  if (modes.key == parameter) return ChatResult::already_there;
  modes.key = parameter;
  return ChatResult::ok;
}

// "ann" is ann!*@*, and "@host" is *!*@host.
std::string whole_mask(std::string_view mask) {
  std::string whole(mask);
  const std::size_t user = whole.find('!');
  const std::size_t host = whole.find('@');
  if (user == std::string::npos && host == std::string::npos) return whole + "!*@*";
  if (user == std::string::npos) return "*!" + (host == 0 ? "*" + whole : whole);
  return host == std::string::npos ? whole + "@*" : whole;
}

}  // namespace

ChatResult ChatHouse::change_bans(std::vector<ChatBan>& bans, const ChatMember& author,
                                  const ChatModeChange& change) {
  std::string mask = whole_mask(change.parameter);
  if (change.parameter.empty() || !std::ranges::all_of(mask, is_printable)) {
    return ChatResult::invalid_name;
  }
  if (mask.size() > kMaxMask) return ChatResult::too_long;
  const std::string key = chat_name_key(mask);
  const auto is_same = [&key](const ChatBan& ban) { return chat_name_key(ban.mask) == key; };
  if (!change.adds) {
    return std::erase_if(bans, is_same) > 0 ? ChatResult::ok : ChatResult::already_there;
  }
  if (std::ranges::any_of(bans, is_same)) return ChatResult::already_there;
  if (bans.size() >= rules_.max_bans) return ChatResult::list_full;
  bans.push_back({.mask = std::move(mask), .author = author.mask(), .time = now()});
  return ChatResult::ok;
}

ChatResult ChatHouse::apply(ChatRoom& room, const ChatMember& author, const ChatModeChange& change,
                            std::string& parameter) {
  ChatRoomModes& modes = room.modes_;
  if (const auto flag = flag_of(change.letter); flag != nullptr) {
    parameter.clear();
    return set(modes.*flag, change.adds);
  }
  switch (change.letter) {
    case 'k':
      return set_key(modes, change.adds, parameter);
    case 'l':
      return set_limit(modes, change.adds, parameter);
    case 'b':
    case 'q': {
      auto& bans = change.letter == 'b' ? modes.bans : modes.mutes;
      const ChatResult result = change_bans(bans, author, change);
      if (result == ChatResult::ok) parameter = whole_mask(parameter);
      return result;
    }
    default:
      break;
  }
  const ChatMember* const target = find_member(change.parameter);
  ChatRoom::Place* const place = target == nullptr ? nullptr : room.find_place(*target);
  if (place == nullptr) return ChatResult::target_absent;
  parameter = target->nick();
  return set(change.letter == 'o' ? place->is_operator : place->has_voice, change.adds);
}

}  // namespace sluice
