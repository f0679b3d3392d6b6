// The formats of messages on the standard output.
//
// What it is: functions that return text; they write nothing.
//   text  the bytes and a newline, unless they end in one; before them the sender, where messages
//         may come from several. For a terminal it is made harmless().
//   hex   rows of 16 bytes with their offsets and characters, and the length at the end.
//   json  one object a line: {"from":"127.0.0.1:7007","time":"…","size":5,"text":"hello"}, with
//         "base64" in place of "text" where the bytes are not UTF-8.
// Errors: std::bad_alloc. Thread: any. Source: RFC 8259 (JSON), RFC 4648 (base64).
#ifndef SLUICE_TOOLS_SLUICE_TALK_PRINTER_H
#define SLUICE_TOOLS_SLUICE_TALK_PRINTER_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::tools::talk {

enum class PrintFormat : std::uint8_t { text, hex, json };

struct PrintOptions {
  PrintFormat format = PrintFormat::text;
  bool sender = false;    // text and hex begin with it
  bool terminal = false;  // the text is for a terminal
  bool framed = true;     // false: text is a piece of a stream, and gets no newline
};

struct PrintedMessage {
  std::string_view from;
  std::chrono::system_clock::time_point time;
  std::span<const std::byte> bytes;
};

[[nodiscard]] inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether printed() returns the bytes alone, followed by a newline if `framed` and they lack one:
// then a message can be written without a copy.
[[nodiscard]] inline bool is_plain(const PrintOptions& options) noexcept {
  return options.format == PrintFormat::text && !options.sender && !options.terminal;
}

std::string printed(const PrintedMessage& message, const PrintOptions& options);

}  // namespace sluice::tools::talk

#endif
