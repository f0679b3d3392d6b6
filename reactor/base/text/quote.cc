#include "quote.h"

#include <algorithm>
#include <cstdint>

#include "utf8.h"

namespace sluice {
namespace {

constexpr std::string_view kCut = "...";

bool may_be_shown(const Utf8Character& character) noexcept {
  return character.kind == Utf8Character::Kind::whole && !is_control(character.value) &&
         !is_invisible(character.value);
}

void append_hexadecimal(std::string& to, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    to.append({'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
}

}  // namespace

std::string escape(std::string_view text, std::size_t limit) {
  std::string out;
  std::string piece;
  std::size_t cut_at = 0;  // where the result can still be cut and leave room for kCut
  while (!text.empty()) {
    const Utf8Character first = first_character(text);
    const bool shown = may_be_shown(first);
    // A byte at a time, so that a cut uses all the room that there is.
    const std::size_t size = shown ? first.size : 1;
    piece.clear();
    if (shown) {
      piece = text.substr(0, size);
    } else {
      append_hexadecimal(piece, text.substr(0, size));
    }
    if (out.size() + piece.size() > limit) {
      out.resize(cut_at);
      return out.append(kCut);
    }
    out += piece;
    if (out.size() + kCut.size() <= limit) cut_at = out.size();
    text.remove_prefix(size);
  }
  return out;
}

std::string escape_prose(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character first = first_character(text);
    const std::string_view bytes = text.substr(0, first.size);
    if (may_be_shown(first) || is_shaping(first.value)) {
      out += bytes;
    } else {
      append_hexadecimal(out, bytes);
    }
    text.remove_prefix(first.size);
  }
  return out;
}

std::string quote(std::string_view text) { return '"' + escape(text, kMaxQuoted) + '"'; }

std::string base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? kBase64Digits[group >> (18 - 6 * i) & 0x3FU] : '=';
    }
  }
  return text;
}

}  // namespace sluice
