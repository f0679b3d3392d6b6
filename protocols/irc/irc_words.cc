#include "irc_words.h"

#include <chrono>
#include <cstddef>

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

std::string irc_seconds(ChatTime time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace sluice
