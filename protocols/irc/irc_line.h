// The lines of IRC: splits one into its parts, and writes one from its parts.
//
//   @time=2026-11-29T12:00:00.000Z :ann!~ann@host PRIVMSG #lobby :hello, all
//
// What it is: pure functions. A line has at most kMaxBody bytes without its end and its tags; tags
// have at most kMaxTags bytes.
// Lifetime: the parts are views of the line. Thread: any.
// Source: RFC 1459, section 2.3; IRCv3 message tags.
#ifndef SLUICE_PROTOCOLS_IRC_IRC_LINE_H
#define SLUICE_PROTOCOLS_IRC_IRC_LINE_H

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

inline constexpr std::size_t kMaxIrcBody = 510;   // bytes, without CR and LF
inline constexpr std::size_t kMaxIrcTags = 4096;  // bytes that a client sends, with @ and the space

struct IrcLine {
  static constexpr std::size_t kMaxParams = 15;

  std::string_view tags;     // without @
  std::string_view source;   // without the colon
  std::string_view command;  // as it was written; empty: the line is empty
  std::array<std::string_view, kMaxParams> params;
  std::size_t count = 0;

  // Empty if there are not so many.
  [[nodiscard]] std::string_view param(std::size_t index) const noexcept {
    return index < count ? params[index] : std::string_view();
  }
  [[nodiscard]] std::span<const std::string_view> all() const noexcept {
    return std::span(params).first(count);
  }
};

// `line` is without its end. Any line is valid; more parameters than 15 are part of the last one.
[[nodiscard]] IrcLine parse_irc_line(std::string_view line) noexcept;

// Bytes of the line without its tags.
[[nodiscard]] std::size_t irc_body_size(std::string_view line) noexcept;

// Appends a line with CR and LF. `start` is the source and the command, and each other part is one
// parameter. The last one gets a colon if it needs one. A line longer than kMaxIrcBody is cut at
// the end of a character. REQUIRES: no part has a CR, LF or NUL, and only the last one a space.
void append_irc_line(std::string& to, std::string_view source, std::string_view command,
                     std::initializer_list<std::string_view> params);

// Appends `text` without what a line cannot carry: invalid UTF-8, CR, LF, NUL, and the controls
// that are not formatting of IRC, each replaced by U+FFFD.
void append_irc_text(std::string& to, std::string_view text);

// The longest start of `text` of at most `size` bytes that does not cut a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t size) noexcept;

// Removes the next part of a list that is separated by commas from `list` and returns it.
[[nodiscard]] std::string_view take_irc_item(std::string_view& list) noexcept;

}  // namespace sluice

#endif
