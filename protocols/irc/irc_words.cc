#include "irc_words.h"

#include <chrono>

#include "irc_line.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxWord = 64;

}  // namespace

std::string irc_channel(const ChatRoom& room) {
  std::string channel = "#";
  channel += room.name();
  return channel;
}

std::string irc_word(std::string_view text) {
  std::string word;
  append_irc_text(word, cut_utf8(text, kMaxWord));
  std::erase(word, ' ');
  if (word.empty() || word.front() == ':') return {"*"};
  return word;
}

std::string irc_reason(std::string_view text) {
  std::string reason;
  append_irc_text(reason, text);
  return std::string(cut_utf8(reason, kMaxTopicOfIrc));
}

std::string irc_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string irc_prefix(const ChatRoom::Place& place, bool all) {
  std::string prefix;
  if (place.is_operator) prefix += '@';
  if (place.has_voice && (all || prefix.empty())) prefix += '+';
  return prefix;
}

std::string irc_seconds(ChatTime time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace sluice
