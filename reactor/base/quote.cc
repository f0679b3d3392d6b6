#include "quote.h"

namespace sluice {
namespace {

constexpr std::string_view kCut = "...";

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

// The length of the UTF-8 character that `text` starts with; 0 when there is none that may be
// printed. Overlong forms and surrogates are none: a terminal may decode them all the same.
std::size_t printable_length(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  const unsigned second = byte_at(text, 1);
  const auto follows = [&](std::size_t i) { return (byte_at(text, i) & 0xC0U) == 0x80U; };
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  if (first < 0xC2 || first > 0xF4 || !follows(1)) return 0;
  if (first < 0xE0) return first == 0xC2 && second < 0xA0 ? 0 : 2;  // C1
  if (!follows(2)) return 0;
  if (first < 0xF0) {
    return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
  }
  if (!follows(3)) return 0;
  return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
}

}  // namespace

std::string escape(std::string_view text, std::size_t limit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  std::size_t cut_at = 0;  // where the result can still be cut and leave room for kCut
  while (!text.empty()) {
    std::size_t length = printable_length(text);
    std::string piece(text.substr(0, length));
    if (length == 0) {
      const unsigned char byte = byte_at(text, 0);
      piece = {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
      length = 1;
    }
    if (out.size() + piece.size() > limit) {
      out.resize(cut_at);
      return out.append(kCut);
    }
    out += piece;
    if (out.size() + kCut.size() <= limit) cut_at = out.size();
    text.remove_prefix(length);
  }
  return out;
}

std::string quote(std::string_view text) { return '"' + escape(text, kMaxQuoted) + '"'; }

}  // namespace sluice
