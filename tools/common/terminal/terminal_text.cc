#include "terminal_text.h"

#include <algorithm>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../../../reactor/base/text/utf8.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kMaxBegun = 3;  // bytes of a character whose last one is missing

// How many bytes at the end may belong to something that the next piece completes.
std::size_t unfinished(std::string_view text) {
  if (text.ends_with('\r')) return 1;
  for (std::size_t size = 1; size <= std::min(kMaxBegun, text.size()); ++size) {
    const Utf8Character last = first_character(text.substr(text.size() - size));
    if (last.kind == Utf8Character::Kind::cut) return size;
  }
  return 0;
}

}  // namespace

std::string TerminalText::add(std::string_view piece) {
  std::string text = std::exchange(waiting_, {});
  text += piece;
  const std::size_t rest = unfinished(text);
  waiting_ = text.substr(text.size() - rest);
  text.resize(text.size() - rest);
  return harmless(text);
}

std::string TerminalText::finish() { return harmless(std::exchange(waiting_, {})); }

std::string harmless(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\t\n"), text.size());
    std::string_view part = text.substr(0, end);
    if (end < text.size() && text[end] == '\n' && part.ends_with('\r')) part.remove_suffix(1);
    out += escape_prose(part);
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace sluice::tools
