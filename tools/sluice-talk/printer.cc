#include "printer.h"

#include <array>
#include <cstdio>
#include <optional>

#include "../../reactor/base/text/quote.h"
#include "../common/json_object.h"
#include "../common/terminal/terminal_text.h"
#include "../common/timestamp.h"

namespace sluice::tools::talk {
namespace {

std::string as_text(const PrintedMessage& message, const PrintOptions& options) {
  const std::string_view text = text_of(message.bytes);
  std::string out;
  if (options.sender) out = std::string(message.from) + ' ';
  const std::size_t start = out.size();
  out += options.terminal ? harmless(text) : std::string(text);
  if (options.framed && (out.size() == start || out.back() != '\n')) out += '\n';
  return out;
}

std::string as_hex(const PrintedMessage& message, const PrintOptions& options) {
  constexpr std::size_t kRow = 16;
  std::string out;
  const auto add = [&out](std::size_t value, int digits) {
    std::array<char, 24> part{};
    const int size = std::snprintf(part.data(), part.size(), "%0*zx", digits, value);
    out.append(part.data(), static_cast<std::size_t>(size));
  };
  if (options.sender) out = std::string(message.from) + '\n';
  for (std::size_t row = 0; row < message.bytes.size(); row += kRow) {
    add(row, 8);
    std::string characters;
    for (std::size_t i = row; i < row + kRow; ++i) {
      if (i % (kRow / 2) == 0) out += ' ';
      if (i >= message.bytes.size()) {
        out += "   ";
        continue;
      }
      const auto byte = std::to_integer<unsigned char>(message.bytes[i]);
      out += ' ';
      add(byte, 2);
      characters += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    }
    out += "  |" + characters + "|\n";
  }
  add(message.bytes.size(), 8);
  return out + '\n';
}

std::string as_json(const PrintedMessage& message, const PrintOptions& options) {
  JsonObject object;
  object.add_text("from", escape(message.from, kMaxQuoted));
  object.add_text("time", timestamp(message.time));
  object.add_number("size", std::uint64_t{message.bytes.size()});
  const std::string_view text = text_of(message.bytes);
  const std::optional<std::string> as_utf8 = json_string_as_utf8(text);
  if (!as_utf8) {
    object.add_text("base64", base64(message.bytes));
  } else if (options.terminal) {
    // C1 control characters are UTF-8, and not for a terminal; as \uXXXX they are harmless.
    object.add_text("text", text);
  } else {
    object.add("text", *as_utf8);
  }
  return object.line();
}

}  // namespace

std::string printed(const PrintedMessage& message, const PrintOptions& options) {
  switch (options.format) {
    case PrintFormat::hex:
      return as_hex(message, options);
    case PrintFormat::json:
      return as_json(message, options);
    case PrintFormat::text:
      break;
  }
  return as_text(message, options);
}

}  // namespace sluice::tools::talk
