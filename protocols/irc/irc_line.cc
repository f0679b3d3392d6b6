#include "irc_line.h"

#include <algorithm>

#include "../../reactor/base/text/utf8.h"

namespace sluice {
namespace {

constexpr std::string_view kIrcReplacement = "\xEF\xBF\xBD";
// CTCP, bold, colours, reset, monospace, reverse, italics, struck, underlined; and the tab.
constexpr std::string_view kFormatting = "\x01\x02\x03\x04\x0F\x11\x16\x1D\x1E\x1F\t";

// Removes the first word, and the spaces after it, from `rest` and returns it.
std::string_view take_word(std::string_view& rest) noexcept {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return word;
}

constexpr bool is_printable_ascii(char c) noexcept { return c >= 0x20 && c < 0x7F; }

}  // namespace

IrcLine parse_irc_line(std::string_view line) noexcept {
  IrcLine parsed;
  std::string_view rest = line;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.starts_with('@')) parsed.tags = take_word(rest).substr(1);
  if (rest.starts_with(':')) parsed.source = take_word(rest).substr(1);
  parsed.command = take_word(rest);
  while (!rest.empty()) {
    const bool is_last = parsed.count + 1 == IrcLine::kMaxParams;
    if (rest.front() == ':' || is_last) {
      if (rest.front() == ':') rest.remove_prefix(1);
      parsed.params[parsed.count++] = rest;
      break;
    }
    parsed.params[parsed.count++] = take_word(rest);
  }
  return parsed;
}

std::size_t irc_body_size(std::string_view line) noexcept {
  if (!line.starts_with('@')) return line.size();
  (void)take_word(line);
  return line.size();
}

void append_irc_line(std::string& to, std::string_view source, std::string_view command,
                     std::initializer_list<std::string_view> params) {
  const std::size_t begin = to.size();
  if (!source.empty()) {
    to += ':';
    to += source;
    to += ' ';
  }
  to += command;
  std::size_t left = params.size();
  for (const std::string_view param : params) {
    to += ' ';
    const bool is_last = --left == 0;
    if (is_last && (param.empty() || param.front() == ':' || param.find(' ') != param.npos)) {
      to += ':';
    }
    to += param;
  }
  if (to.size() - begin > kMaxIrcBody) {
    to.resize(begin + cut_utf8(std::string_view(to).substr(begin), kMaxIrcBody).size());
  }
  to += "\r\n";
}

void append_irc_text(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_printable_ascii) - text.begin());
    to += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8Character character = first_character(text);
    const bool whole = character.kind == Utf8Character::Kind::whole;
    const bool allowed = whole && (!is_control(character.value) ||
                                   kFormatting.find(text.front()) != kFormatting.npos);
    to += allowed ? text.substr(0, character.size) : kIrcReplacement;
    text.remove_prefix(character.size);
  }
}

std::string_view cut_utf8(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  const auto is_continuation = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
  };
  while (size > 0 && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

std::string_view take_irc_item(std::string_view& list) noexcept {
  const std::string_view item = list.substr(0, list.find(','));
  list.remove_prefix(std::min(item.size() + 1, list.size()));
  return item;
}

}  // namespace sluice
